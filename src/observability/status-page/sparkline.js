import { rate } from './format.js'
import { setText } from './rows.js'

const width = 300
const height = 48
/** Of the line at its highest and lowest, so that its stroke is not cut. */
const above = 2
const below = 1

/**
 * Draws the last minutes of a rate. The newest value stands at the right edge, so that a process that has just begun shows a
 * short line there.
 */
export function drawSparkline(svg, { history, perSecond }, steps, what) {
  const values = [...history, perSecond].slice(-(steps + 1))
  const peak = Math.max(...values)
  // Nothing at all is a flat line at the foot.
  const scale = peak === 0 ? 0 : (height - above - below) / peak
  const points = values.map((value, n) => {
    const x = width - ((values.length - 1 - n) * width) / steps
    return `${x.toFixed(1)} ${(height - below - value * scale).toFixed(1)}`
  })
  const [first] = points
  svg.querySelector('.line').setAttribute('d', `M${points.join('L')}`)
  svg
    .querySelector('.area')
    .setAttribute('d', `M${first.split(' ')[0]} ${height}L${points.join('L')}L${width} ${height}Z`)
  setText(svg.querySelector('title'), `${what}, last 5 minutes: at most ${rate(peak)} per second`)
  return peak
}
