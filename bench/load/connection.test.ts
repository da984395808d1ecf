// Checks how the load generator reads HTTP answers.
import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Answer, Connection, headerOf, readAnswer } from './connection.ts'

test('an answer is read once it is whole, however it was cut', () => {
  const whole = 'HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello'
  for (let length = 0; length < whole.length; length++) assert.equal(readAnswer(whole.slice(0, length)), undefined)
  const answer = readAnswer(whole) as Answer
  assert.deepEqual([answer.status, answer.body, headerOf(answer, 'x-a')], [201, 'hello', 'b'])
})

test('a chunked answer is read once its last chunk is there', () => {
  const whole = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'
  for (let length = 0; length < whole.length; length++) {
    assert.equal(readAnswer(whole.slice(0, length)), undefined, `after ${length} characters`)
  }
  assert.equal(readAnswer(whole)?.body, 'hello world')
})

test('a connection that breaks under a request says so, and the next request opens another', async () => {
  let count = 0
  const server = createServer((socket: Socket) => {
    count++
    const breaks = count === 1
    socket.on('data', () => (breaks ? socket.destroy() : socket.write('HTTP/1.1 204 No Content\r\n\r\n')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const status = await new Promise<number>((resolve) => {
    const connection = new Connection(
      port,
      (answer) => {
        connection.close()
        resolve(answer.status)
      },
      () => connection.send('GET / HTTP/1.1\r\n\r\n'),
    )
    connection.send('GET / HTTP/1.1\r\n\r\n')
  })
  await new Promise((resolve) => server.close(resolve))
  assert.deepEqual([status, count], [204, 2])
})
