// Runs the commands of SemAuth’s document.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { DocumentationRun, stepsOf } from '#testing/documentation-run.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { UserAgent } from '#testing/user-agent.ts'

// The page is followed to the letter against a server of its own; only the ports are others.

const root = join(import.meta.dirname, '..')
const PAGE = 'docs/semauth.md'
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' }
// What the page does with jq, for machines that lack it.
const JQ = `let t="";process.stdin.on("data",(d)=>t+=d).on("end",()=>{const v=JSON.parse(t);console.log(v[process.argv[2].slice(1)])})`

let folder: string
let server: TestServer
let walkthrough: DocumentationRun
let text: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-page-'))
  for (const name of readdirSync(root)) if (name !== 'data') symlinkSync(join(root, name), join(folder, name))
  mkdirSync(join(folder, 'data'))
  mkdirSync(join(folder, 'tools-of-the-machine'))
  const jq = join(folder, 'tools-of-the-machine/jq')
  writeFileSync(jq, `#!/bin/sh\nexec '${process.execPath}' -e '${JQ}' -- "$@"\n`)
  chmodSync(jq, 0o755)
  server = await startServer({ dataDir: join(folder, 'data') })
  text = readFileSync(join(root, PAGE), 'utf8')
    .replaceAll('127.0.0.1:9001', `127.0.0.1:${server.ports.admin}`)
    .replaceAll('127.0.0.1:9000', `127.0.0.1:${server.ports.public}`)
  process.env.PATH = `${join(folder, 'tools-of-the-machine')}:${process.env.PATH}`
  walkthrough = new DocumentationRun({
    cwd: folder,
    scratch: mkdtempSync(join(folder, '.walkthrough-')),
    env: { COUNTERSIGN_ADMIN_URL: server.adminUrl, HOME: folder, NO_COLOR: '1' },
  })
})
after(async () => {
  await walkthrough?.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('every command of the page does what the page says', async () => {
  for (const step of stepsOf(text)) {
    const printed = await walkthrough.take(step)
    if (step.terminal !== 'login') continue
    const [address = ''] = /http\S+\/oauth\/authorize\?\S+/.exec(printed) ?? []
    const back = await new UserAgent(server.url).authorize(address, ADA)
    await (await fetch(back)).text()
    await until(() => readdirSync(folder).includes('.config'))
  }
})
