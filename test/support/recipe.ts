import { readFileSync } from 'node:fs'

/**
 * A block of `docs/recipes/<page>.md`, by what stands behind the language of its fence: "```sql the question" has the title
 * `the question`. `values` are put in the place of the examples in it, such as `kafka:9092`. Throws where the page has not
 * exactly one such block, or the block not one of the examples: what runs is what the page says.
 */
export function recipeBlock(
  page: string,
  title: string,
  values: Readonly<Record<string, string>> = {},
): string {
  const file = `docs/recipes/${page}.md`
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```\w+ (.+)\n([\s\S]*?)^```$/gm)].filter(
    ([, found]) => found === title,
  )
  const [block] = blocks
  if (block === undefined || blocks.length > 1)
    throw new Error(`${file} has ${blocks.length} blocks "${title}"`)
  let [, , text = ''] = block
  for (const [example, value] of Object.entries(values)) {
    if (!text.includes(example)) throw new Error(`"${title}" in ${file} does not have ${example}`)
    text = text.replaceAll(example, value)
  }
  return text
}
