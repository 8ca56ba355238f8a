import type { Mutation } from './hostile-bodies.ts'
import type { Pick } from './pick.ts'

const numbers: readonly string[] = [
  '1e400',
  '-1e400',
  '-0',
  '0.0',
  '1e-999',
  '1E5',
  '1.0',
  '007',
  '+1',
  '.5',
  '0x10',
  'NaN',
  'Infinity',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  '18446744073709551616',
  '9223372036854775807.0',
  '3.141592653589793238462643383279',
]

const values: readonly string[] = [
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '0',
  '"text"',
  '[null]',
  '{"a":{"b":[1,"2",null]}}',
  '[[],{}]',
  'undefined',
  "'text'",
  '{"events":[]}',
  '[{"events":[{"id":"inner"}]}]',
]

const keys: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'then',
  'toJSON',
  'length',
  '',
  'id',
  'ID',
  'Id',
  'target',
  'events',
  'Events',
  'event\u017f',
  'meta',
  'actor',
  'size',
  'a.b',
  '\u0000',
]

const poison: readonly string[] = [
  '{"polluted":true}',
  '{"toString":1}',
  '{"prototype":{"polluted":true}}',
  '"polluted"',
  '1',
  'null',
  '[]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
]

const inStrings: readonly string[] = [
  '\\ud800',
  '\\udfff\\ud800',
  '\\ud83d',
  '\\u0000',
  '\\r\\n',
  '\r\n',
  '\n',
  '\t',
  '\\',
  '"',
  '\\x',
  '\\u12',
  '\\/',
  '\\u202e',
  '\u2028',
  '%0d%0aX-Injected: 1',
  '\u001b[31m',
  '\ufffd',
  '\u{1f600}',
]

const fillers: readonly string[] = ['1', 'null', '"text"', 'true', '[]', '[{"id":"x"}]', '""', '-1.5e3']

/** Damage that a parser of JSON gets to see. */
export const jsonMutations: Readonly<Record<string, Mutation>> = {
  'deep nesting': ({ body, pick }) => {
    const depth = pick.chance(0.05) ? 100_000 : 1 + pick.below(200)
    const [open, close] = pick.of([
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const)
    const middle = pick.of(['', '1', '""', '{}'])
    return replacedValue(body, pick, `${open.repeat(depth)}${middle}${close.repeat(depth)}`)
  },
  'a number': ({ body, pick }) => replacedValue(body, pick, pick.of(numbers)),
  'digits without end': ({ body, pick }) =>
    replacedValue(body, pick, `${pick.of(['', '-', '1.', '1e'])}${'9'.repeat(1 + pick.below(5_000))}`),
  'another type': ({ body, pick }) => replacedValue(body, pick, pick.of(values)),
  'a strange text': ({ body, pick }) => inText(body, pick, pick.of(inStrings)),
  'a long text': ({ body, pick }) =>
    inText(
      body,
      pick,
      pick.of(['a', '\\u0041', 'é', '\\\\']).repeat(1 + pick.below(pick.chance(0.05) ? 150_000 : 4_000)),
    ),
  'a key more': ({ body, pick }) => member(body, pick, pick.of(keys), pick.of(values)),
  'a poisoned key': ({ body, pick }) => member(body, pick, pick.of(keys.slice(0, 10)), pick.of(poison)),
  'a key twice': ({ body, pick }) => {
    const text = body.toString()
    const found = pickMatch(text, pick, /"[a-zA-Z]+"\s*:\s*("[^"\\]*"|\d+)/g)
    if (found === undefined) return member(body, pick, 'id', '"twice"')
    return spliced(text, found.index, found.index, `${found[0].toLowerCase()}, `)
  },
  'beside the events': ({ body, pick }) => {
    const extra = `"${pick.of(['version', 'Events', 'events', 'meta', '__proto__'])}": ${pick.of([...values, ...poison])}`
    const text = body.toString()
    const at = pick.chance(0.5) ? text.indexOf('{') + 1 : text.lastIndexOf('}')
    return spliced(text, at, at, at === text.lastIndexOf('}') ? `, ${extra}` : `${extra}, `)
  },
  'events and no events': ({ body, other, pick }) => {
    const elements = Array.from({ length: pick.below(8) }, () =>
      pick.chance(0.5) ? pick.of(fillers) : eventOf(pick.of([body, other])),
    )
    return Buffer.from(`{"events": [${elements.join(pick.of([',', ' , ', ',\n\t']))}]}`)
  },
  'many events': ({ body, pick }) => {
    const count = pick.chance(0.02) ? 10_001 : 2 + pick.below(30)
    const element = count > 1_000 ? '{}' : eventOf(body)
    return Buffer.from(`{"events":[${Array(count).fill(element).join(',')}]}`)
  },
  'no Envelope': ({ pick }) =>
    Buffer.from(`${pick.of(['', ' ', '\r\n'])}${pick.of([...values, ...numbers, ''])}${pick.below(1_000)}`),
  'not quite JSON': ({ body, pick }) => {
    const text = body.toString()
    const [from, to] = pick.of([
      ['"', "'"],
      [',', ',,'],
      ['}', ',}'],
      [':', '='],
      ['{', '{/* */'],
      ['\n', '\n// \n'],
      ['[', '('],
    ] as const)
    return Buffer.from(pick.chance(0.5) ? text.replaceAll(from, to) : text.replace(from, to))
  },
  'another layout': ({ body, pick }) => {
    const text = body.toString()
    return Buffer.from(
      text.replace(/\n */g, pick.of(['', '\r\n', '\t', '\n\n', ' '])) + ' '.repeat(pick.below(50)),
    )
  },
  'another spelling of keys': ({ body, pick }) =>
    Buffer.from(
      body
        .toString()
        .replace(/"([a-zA-Z]+)"(?=\s*:)/g, (whole, key: string) =>
          pick.chance(0.3)
            ? `"${pick.of([key.toUpperCase(), key.replaceAll('s', '\u017f'), escaped(key)])}"`
            : whole,
        ),
    ),
}

function escaped(key: string): string {
  return key.replace(/./g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The text of the first event, roughly: the elements of a damaged body may be anything. */
function eventOf(body: Buffer): string {
  const text = body.toString()
  return text.slice(text.indexOf('[') + 1, text.lastIndexOf(']')).trim() || '{}'
}

function replacedValue(body: Buffer, pick: Pick, value: string): Buffer {
  const text = body.toString()
  const found = pickMatch(text, pick, /(?<=:\s*)("(?:[^"\\]|\\.)*"|-?\d+|true|false|null)/g)
  return found === undefined
    ? Buffer.from(value)
    : spliced(text, found.index, found.index + found[0].length, value)
}

function inText(body: Buffer, pick: Pick, what: string): Buffer {
  const text = body.toString()
  const found = pickMatch(text, pick, /"(?:[^"\\]|\\.)*"/g)
  if (found === undefined) return Buffer.from(`{"events":[{"id":"${what}"}]}`)
  const at = found.index + 1 + pick.below(found[0].length - 1)
  return spliced(text, at, at, what)
}

/** At the beginning of some object. */
function member(body: Buffer, pick: Pick, key: string, value: string): Buffer {
  const text = body.toString()
  const found = pickMatch(text, pick, /\{/g)
  if (found === undefined) return Buffer.from(`{"${key}":${value}}`)
  const at = found.index + 1
  return spliced(text, at, at, `"${key}": ${value}${/^\s*\}/.test(text.slice(at)) ? '' : ', '}`)
}

function pickMatch(text: string, pick: Pick, pattern: RegExp): RegExpExecArray | undefined {
  const matches = [...text.slice(0, 100_000).matchAll(pattern)]
  return matches.length === 0 ? undefined : (pick.of(matches) as RegExpExecArray)
}

function spliced(text: string, from: number, to: number, insertion: string): Buffer {
  return Buffer.from(`${text.slice(0, from)}${insertion}${text.slice(to)}`)
}
