// One contender in a process of its own, so that its memory, its garbage and what its engine has learned are its own. Takes
// loads by message, and answers each with what it took.
import { built } from './built.ts'
import { type Place, type SubjectName, subjects } from './subjects.ts'
import { type Load, measure } from './writers.ts'

const [name, place = '', dist = ''] = process.argv.slice(2)
const parts = await built(dist)
const subject = await subjects[name as SubjectName]({ ...(JSON.parse(place) as Place), parts })
process.send?.('ready')

process.on('message', (message: Load | 'end') => {
  if (message === 'end') void subject.close().then(() => process.disconnect())
  else
    void measure(subject, message).then(
      (measured) => process.send?.({ measured }),
      (error: unknown) => process.send?.({ error: String(error) }),
    )
})
