import { connect } from './connection.js'
import { clock } from './format.js'
import { render } from './render.js'
import { setState, setText } from './rows.js'

const connection = document.getElementById('connection')

connect(
  'status/stream',
  (status) => {
    render(status)
    document.body.dataset.stale = 'false'
    setState(connection, 'live')
    setText(connection, 'live')
  },
  (lastAt) => {
    document.body.dataset.stale = 'true'
    setState(connection, 'lost')
    setText(
      connection,
      lastAt === undefined
        ? 'no connection, trying again'
        : `connection lost, since ${clock(lastAt)}; trying again`,
    )
  },
)
