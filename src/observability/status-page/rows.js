// Changes of the document that leave alone what has not changed: a selection survives, and so does the focus.

/** Always as text: what is shown here came from outside, and is never markup. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setState(node, state) {
  if (node.dataset.state !== state) node.dataset.state = state
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown
}

/** A relative time, with the moment itself to be pointed at. */
export function setTime(node, iso, text, title) {
  if (node.dateTime !== iso) {
    node.dateTime = iso
    node.title = title
  }
  setText(node, text)
}

/**
 * Makes the children of `parent` those of `items`, in their order, from a template: known by their key, made when they are
 * new, removed when they are gone.
 */
export function keep(parent, template, items, key, fill) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]))
  let previous = null
  for (const item of items) {
    const name = String(key(item))
    let row = old.get(name)
    old.delete(name)
    if (row === undefined) {
      row = document
        .getElementById(typeof template === 'function' ? template(item) : template)
        .content.firstElementChild.cloneNode(true)
      row.dataset.key = name
    }
    fill(row, item)
    const next = previous === null ? parent.firstElementChild : previous.nextElementSibling
    if (next !== row) parent.insertBefore(row, next)
    previous = row
  }
  for (const gone of old.values()) gone.remove()
}

/** Names and values of a `dl`. @param facts `[name, text, state?]`, undefined: left out */
export function keepFacts(list, facts) {
  const shown = facts.filter((fact) => fact !== undefined)
  keep(
    list,
    'fact',
    shown,
    ([name]) => name,
    (row, [name, text, state]) => {
      setText(row.querySelector('dt'), name)
      setText(row.querySelector('dd'), text)
      setState(row.querySelector('dd'), state ?? 'plain')
    },
  )
}
