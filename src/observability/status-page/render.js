import { ago, between, bytes, count, duration, moment, percent, rate } from './format.js'
import { keep, keepFacts, setState, setText, setTime, show } from './rows.js'
import { drawSparkline } from './sparkline.js'

const element = (id) => document.getElementById(id)

/** Draws one snapshot of `/status` over the one before. */
export function render(status) {
  renderService(status)
  renderParts(status)
  renderEmpty(status)
  renderThroughput(status)
  renderEndpoints(status)
  renderGateway(status)
  renderSpool(status)
  renderProcess(status)
  renderProblems(status)
  show(element('content'), true)
}

function renderService({ at, ready, service, gateway, bridge }) {
  const roles = [gateway && 'gateway', bridge && 'bridge'].filter(Boolean).join(' and ')
  setText(element('roles'), roles)
  const up = between(service.startedAt, at)
  setText(element('service'), `Version ${service.version} · up for ${up}, since ${moment(service.startedAt)}`)
  const title = `${ready ? '' : 'not ready · '}${service.name}${roles === '' ? '' : ` ${roles}`}`
  if (document.title !== title) document.title = title
}

/** A remark of a part that is ready comes and goes with the traffic, as when a few events wait. It is shown if it lasts. */
const remarkAfterMs = 3_000

function renderParts({ at, ready, parts }) {
  const states = Object.entries(parts).map(([name, part]) => ({ name, ...part, look: lookOf(part, at) }))
  const heading = element('readiness')
  setState(heading, ready ? 'ready' : 'failing')
  setText(heading, ready ? 'Ready' : 'Not ready')
  // What is wrong comes first; a sort keeps the order of the rest.
  const order = ['failing', 'degraded', 'ready']
  keep(
    element('parts'),
    'part',
    states.toSorted((a, b) => order.indexOf(a.look) - order.indexOf(b.look)),
    ({ name }) => name,
    (row, { name, look, since, ...part }) => {
      setState(row, look)
      setText(row.querySelector('.name'), name)
      setText(row.querySelector('.state'), part.ready ? 'ready' : 'not ready')
      setText(row.querySelector('.reason'), look === 'ready' ? '' : part.reason)
      const time = row.querySelector('time')
      show(time, look !== 'ready' && since !== undefined)
      if (since !== undefined) setTime(time, since, `for ${between(since, at)}`, moment(since))
    },
  )
}

function lookOf({ ready, reason, since }, at) {
  if (!ready) return 'failing'
  const lasts = reason !== undefined && Date.parse(at) - Date.parse(since) >= remarkAfterMs
  return lasts ? 'degraded' : 'ready'
}

function renderEmpty({ service, gateway, bridge }) {
  const delivered = bridge?.endpoints.some((endpoint) => endpoint.delivered + endpoint.deadLetters > 0)
  let [sentence, url] = ['', '']
  if (gateway?.received === 0) {
    url = service.notificationsUrl ?? ''
    sentence = `No notification yet: point a registry at ${url === '' ? 'the notifications URL of this gateway.' : ''}`
  } else if (gateway === undefined && bridge !== undefined && !delivered && bridge.lag === 0) {
    sentence = 'Nothing to deliver yet: as soon as there are events in the topic, they are counted here.'
  }
  const notice = element('empty')
  show(notice, sentence !== '')
  setText(notice.querySelector('span'), sentence)
  setText(notice.querySelector('code'), url)
}

const tiles = [
  ['received', 'Received', 'events'],
  ['published', 'Published', 'records in Kafka'],
  ['delivered', 'Delivered', 'events'],
]

function renderThroughput({ throughput }) {
  keep(
    element('throughput'),
    'tile',
    tiles.filter(([name]) => throughput[name] !== undefined),
    ([name]) => name,
    (tile, [name, title, unit]) => {
      const of = throughput[name]
      setText(tile.querySelector('h3'), title)
      setText(tile.querySelector('.value'), rate(of.perSecond))
      setText(tile.querySelector('.total'), `${count(of.total)} ${unit}`)
      const peak = drawSparkline(tile.querySelector('svg'), of, throughput.steps, title)
      setText(tile.querySelector('.peak'), peak === 0 ? '' : `highest ${rate(peak)}/s`)
    },
  )
}

const states = {
  closed: ['ready', 'works'],
  failing: ['failing', 'fails'],
  half_open: ['degraded', 'probing'],
  open: ['failing', 'does not work'],
  gone: ['failing', 'gone (410)'],
}

function renderEndpoints({ at, bridge }) {
  show(element('endpoints-section'), bridge !== undefined)
  if (bridge !== undefined) setText(element('endpoints-summary'), summaryOf(bridge))
  const rows = (bridge?.endpoints ?? []).flatMap((endpoint) =>
    endpoint.lastProblem === undefined ? [{ endpoint }] : [{ endpoint }, { endpoint, detail: true }],
  )
  keep(
    element('endpoints'),
    ({ detail }) => (detail ? 'endpoint-problem' : 'endpoint'),
    rows,
    ({ endpoint, detail }) => `${detail ? 'problem of' : 'endpoint'} ${endpoint.name}`,
    (row, { endpoint, detail }) =>
      detail ? fillEndpointProblem(row, endpoint, at) : fillEndpoint(row, endpoint),
  )
}

function summaryOf({ lag, oldestSeconds, deadLetters }) {
  if (lag === undefined) return `lag – · ${count(deadLetters)} dead letters`
  const oldest = oldestSeconds === 0 ? 'nothing waits' : `oldest waiting ${duration(oldestSeconds)}`
  return `lag ${count(lag)} · ${oldest} · ${count(deadLetters)} dead letters`
}

function fillEndpoint(row, endpoint) {
  const [state, word] = states[endpoint.state] ?? ['degraded', endpoint.state]
  setState(row, state)
  setText(row.querySelector('.name'), endpoint.name)
  setText(row.querySelector('.state'), word)
  setText(row.querySelector('.in-flight'), count(endpoint.inFlight))
  // Nobody knows it while the bridge is no member of its group.
  const lagKnown = endpoint.lag !== undefined
  setText(row.querySelector('.lag'), lagKnown ? count(endpoint.lag) : '–')
  const waits = lagKnown && endpoint.oldestSeconds > 0
  setText(row.querySelector('.oldest'), waits ? duration(endpoint.oldestSeconds) : '–')
  setText(row.querySelector('.delivered'), count(endpoint.delivered))
  setText(row.querySelector('.failed'), count(endpoint.failedAttempts))
  setText(row.querySelector('.dead'), count(endpoint.deadLetters))
  setState(row.querySelector('.dead'), endpoint.deadLetters > 0 ? 'failing' : 'plain')
}

function fillEndpointProblem(row, { state, lastProblem }, at) {
  setState(row, state === 'closed' ? 'past' : 'failing')
  setText(row.querySelector('.sentence'), textOf(lastProblem))
  setTime(row.querySelector('time'), lastProblem.at, ago(lastProblem.at, at), moment(lastProblem.at))
}

function textOf({ sentence, reason }) {
  return reason === undefined ? sentence : `${sentence}: ${reason}`
}

function renderGateway({ gateway, kafka }) {
  show(element('gateway-section'), gateway !== undefined)
  if (gateway === undefined) return
  keepFacts(element('gateway'), [
    ['Requests in flight', count(gateway.inFlightRequests)],
    ['Duplicates', count(gateway.duplicates)],
    ['Filtered', count(gateway.filtered)],
    ['Quarantined', count(gateway.quarantined), gateway.quarantined > 0 ? 'degraded' : 'plain'],
    ['Refused', count(gateway.refused), gateway.refused > 0 ? 'degraded' : 'plain'],
    ['Not let in', count(gateway.notLetIn), gateway.notLetIn > 0 ? 'degraded' : 'plain'],
    kafka && ['Records unconfirmed by Kafka', count(kafka.buffered)],
  ])
}

function renderSpool({ spool }) {
  show(element('spool-section'), spool !== undefined)
  if (spool === undefined) return
  const share = spool.limitBytes === 0 ? 0 : Math.min(1, spool.heldBytes / spool.limitBytes)
  setText(element('spool-share'), percent(share))
  setText(element('spool-bytes'), `${bytes(spool.heldBytes)} of ${bytes(spool.limitBytes)}`)
  const bar = element('spool-bar')
  bar.style.inlineSize = `${share * 100}%`
  setState(bar, share > 0.9 ? 'failing' : share > 0.6 ? 'degraded' : 'plain')
  keepFacts(element('spool'), [
    ['Notifications held', count(spool.waiting)],
    ['Oldest', spool.waiting === 0 ? '–' : duration(spool.oldestSeconds)],
  ])
}

function renderProcess({ process, service }) {
  const delay = process.eventLoopDelaySeconds
  keepFacts(element('process'), [
    delay === undefined
      ? undefined
      : ['Longest event-loop delay', duration(delay), delay > 0.25 ? 'degraded' : 'plain'],
    ['Memory', bytes(process.memoryBytes)],
    ['Heap in use', bytes(process.heapBytes)],
    ['Node.js', service.node.replace(/^v/, '')],
  ])
}

function renderProblems({ at, problems }) {
  show(element('no-problems'), problems.length === 0)
  show(element('problems-table'), problems.length > 0)
  keep(
    element('problems'),
    'problem',
    problems,
    ({ number }) => number,
    (row, problem) => {
      setState(row, problem.level === 'error' ? 'failing' : 'degraded')
      setTime(row.querySelector('time'), problem.at, ago(problem.at, at), moment(problem.at))
      setText(row.querySelector('.state'), problem.level === 'error' ? 'error' : 'warning')
      setText(row.querySelector('.component-name'), problem.component)
      setText(row.querySelector('.endpoint-name'), problem.endpoint ?? '')
      setText(row.querySelector('.sentence'), problem.sentence)
      setText(row.querySelector('.reason'), problem.reason ?? '')
      setText(row.querySelector('code'), problem.code ?? '')
    },
  )
}
