// A small shop on Node.js without packages: it sells one mug. FAULT plants one fault; without it the shop passes
// ecomtrade24 drill.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { env } = process
const fault = (name) => env.FAULT === name
const disk = env.SHOP_DIR + '/shop.json'
const fresh = { state: 'open', review: false, shipments: 0, receipts: 0, points: 0, invoice: null }
let shop = existsSync(disk) ? JSON.parse(readFileSync(disk)) : { orders: {}, stock: 100_000, invoices: 0 }

// change applies what to a copy of the shop. The copy counts once it is on disk, so a change is stored in full or not
// at all. Nothing in it may await: two changes must not overlap.
function change(what) {
  const next = structuredClone(shop)
  what(next)
  if (existsSync(env.SHOP_DIR + '/broken')) throw new Error('the disk fails')
  writeFileSync(disk + '.new', JSON.stringify(next), { flush: true })
  renameSync(disk + '.new', disk)
  shop = next
}

const find = (orders, id) => (Object.hasOwn(orders, id) ? orders[id] : undefined)
const fail = (status, message) => { throw Object.assign(new Error(message), { status }) }
const text = (value) => (['string', 'number'].includes(typeof value) ? String(value) : '')
const identifier = (value) => (text(value) === '0' ? '' : text(value)) // the gateway writes 0 for "not set"

// parse decodes a JSON object and keeps each number as its digits: an amount is no float, a session ID may exceed 2^53.
function parse(json) {
  const quote = (token) => (token[0] === '"' || fault('bigint') ? token : `"${token}"`)
  try {
    const value = JSON.parse(json) && JSON.parse(json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, quote))
    if (value && typeof value === 'object' && !Array.isArray(value)) return value
  } catch { /* the error's message quotes the body */ }
  fail(400, 'no JSON object')
}

// call sends one request to the gateway. Never call it inside change.
async function call(path, body) {
  try {
    const response = await fetch(env.ECOMTRADE24_BASE_URL + path, {
      method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
      headers: { authorization: 'Bearer ' + env.ECOMTRADE24_API_KEY, 'content-type': 'application/json' },
      redirect: 'error', signal: AbortSignal.timeout(10_000),
    })
    const result = parse(await response.text())
    return response.ok && result.ok === true ? result : fail(502, 'rejected')
  } catch {
    fail(502, 'the gateway does not respond as expected')
  }
}

// checkout opens a session for a stored order and returns the URL at which the buyer pays.
async function checkout({ id, amount, currency, email }) {
  const { session_id: session, checkout_url: url } = await call('/gateway/session.php', {
    domain: 'shop.example', amount, currency, order_id: id, customer_email: email || undefined,
    return_url: `${env.SHOP_URL}/thanks?order=${id}`, cancel_url: `${env.SHOP_URL}/cancelled?order=${id}`,
  })
  if (!identifier(session) || !/^https?:\/\//.test(text(url))) fail(502, 'the gateway opened no session')
  change(({ orders }) => { orders[id].sessions[session] ??= 'pending' }) // a webhook may have been faster
  return url
}

function signed(headers, body) {
  if (fault('parsed')) body = JSON.stringify(JSON.parse(body))
  const want = createHmac('sha256', env.ECOMTRADE24_WEBHOOK_SECRET).update(body).digest()
  const names = ['x-signature', 'x-ecomtrade24-signature', 'x-webhook-signature']
  return names.flatMap((name) => (headers[name] ?? '').split(',')).some((value) => {
    const got = Buffer.from(value.trim().replace(/^sha256=/, ''), 'hex')
    return got.length === want.length && timingSafeEqual(got, want)
  })
}

// decimal returns one spelling for each number, and null for anything but digits with at most one point.
function decimal(digits) {
  const [, whole, fraction = ''] = /^0*(\d+)(?:\.(\d+))?$/.exec(digits) ?? []
  return whole ? whole + '.' + fraction.replace(/0+$/, '') : null
}

// settles reports whether the payment is what the order costs. Only ASCII letters may differ in case: 'ſ' is no S.
function settles(order, amount, currency) {
  if (!/^[A-Za-z]{3}$/.test(currency) || currency.toUpperCase() !== order.currency) return false
  if (fault('float')) return parseFloat(amount) === parseFloat(order.amount)
  return decimal(amount) !== null && decimal(amount) === decimal(order.amount)
}

const ended = { failed: 4, declined: 4, expired: 4, cancelled: 4, canceled: 4 }
const rank = { pending: 1, processing: 2, review: 3, ...ended, paid: 5 }
const same = (a, b) => a === '' || b === '' || a === b // a part that is not set contradicts nothing

// apply does what a verified webhook, or a status lookup, says.
function apply(next, event) {
  const order = find(next.orders, text(event.order_id))
  const [session, txid, status] = [identifier(event.session_id), identifier(event.txid), text(event.status)]
  const test = status === 'test' || ![undefined, null, false, '', '0', 'false'].includes(event.test)
  if (!order || test) return
  if (!Object.hasOwn(rank, status)) order.review = true // an unknown status is for a person
  else if (session && rank[status] > (rank[order.sessions[session]] ?? 0)) order.sessions[session] = status
  if (status !== 'paid') {
    if (fault('status')) order.state = status
  } else if (!settles(order, text(event.amount), text(event.currency))) {
    order.review = true
  } else if (order.state !== 'paid' || fault('twice')) {
    Object.assign(order, { state: 'paid', session, txid, invoice: ++next.invoices })
    order.shipments++
    order.receipts++
    order.points++
    next.stock--
  } else if (same(order.session, session) && same(order.txid, txid)) {
    Object.assign(order, { session: order.session || session, txid: order.txid || txid })
  } else {
    order.review = true // paid twice: refund one
  }
}

async function webhook(request, response) {
  const body = await read(request)
  if (fault('log')) console.error('webhook', request.headers, String(body))
  if (!signed(request.headers, body)) return response.writeHead(401).end()
  const event = parse(String(body))
  try {
    change((next) => apply(next, event))
  } catch (err) { if (!fault('swallowed')) throw err }
  response.end()
}

// reconcile looks up each session of the orders that are not paid: a webhook may be lost.
async function reconcile() {
  for (const { id, sessions } of Object.values(shop.orders).filter(({ state }) => state !== 'paid')) {
    for (const session of Object.keys(sessions)) {
      const path = '/gateway/status.php?session_id=' + encodeURIComponent(session)
      try {
        const found = fault('await') ? call(path) : await call(path)
        if (text(found.session_id) === session && found.order_id === id) change((next) => apply(next, found))
      } catch (err) {
        console.error('lookup', id, err.message) // the next run tries again
      }
    }
  }
}

async function read(request) {
  const parts = []
  for await (const part of request) {
    parts.push(part)
    if (parts.reduce((size, { length }) => size + length, 0) > 64 << 10) fail(413, 'the body is too large')
    if (fault('chunk')) break
  }
  return Buffer.concat(parts)
}

const cookie = (request, name) => new RegExp(`(?:^|; )${name}=(\\w+)`).exec(request.headers.cookie ?? '')?.[1]
const send = (response, type, body) => response.setHeader('content-type', type).end(body)
const html = (response, body) => send(response, 'text/html', `<!doctype html>${body}`)
const json = (response, value, members) => send(response, 'application/json', JSON.stringify(value, members))
const shown = ['state', 'shipments', 'review', 'receipts', 'points', 'invoice']
const redirect = (response, to) => response.writeHead(303, { location: to }).end()
const payable = ({ state, sessions }) => state !== 'paid' && !/processing|review/.test(Object.values(sessions))

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, env.SHOP_URL)
  const route = (request.method === 'HEAD' ? 'GET' : request.method) + ' ' + pathname
  const order = find(shop.orders, /^(?:\/api)?\/orders\/(\w+)/.exec(pathname)?.[1] ?? searchParams.get('order'))
  if (route === 'POST /api/webhook') return webhook(request, response)
  if (pathname === '/api/webhook') return response.writeHead(405, { allow: 'POST' }).end()
  if (route === 'POST /basket') return redirect(response.setHeader('set-cookie', 'basket=mug; Path=/'), '/checkout')
  if (route === 'GET /checkout') {
    const token = randomBytes(16).toString('hex')
    response.setHeader('set-cookie', `csrf=${token}; HttpOnly; SameSite=Strict; Path=/`)
    return html(response, `<form method=post><input name=csrf value=${token} type=hidden><input name=email></form>`)
  }
  if (route === 'POST /checkout') {
    const form = new URLSearchParams(String(await read(request)))
    if (!cookie(request, 'basket') || form.get('csrf') !== cookie(request, 'csrf')) fail(403, 'no basket or no token')
    const id = 'N' + randomBytes(12).toString('hex')
    const bought = { id, email: form.get('email'), amount: '49.95', currency: 'USD', ...fresh, sessions: {} }
    change(({ orders }) => { orders[id] = bought })
    return redirect(response, await checkout(bought))
  }
  if (route === 'POST /cron/reconcile') return reconcile().then(() => response.writeHead(204).end())
  if (route === 'GET /api/totals') return json(response, { stock: shop.stock })
  if (order && route === `POST /orders/${order.id}/pay`) {
    return redirect(response, payable(order) ? await checkout(order) : '/thanks?order=' + order.id)
  }
  if (order && route === `GET /api/orders/${order.id}`) return json(response, order, shown)
  if (order && ['GET /thanks', 'GET /cancelled'].includes(route)) { // whoever opens it proves nothing
    const paid = order.state === 'paid' || fault('return')
    return html(response, paid ? '<p>Thank you, it is <b>paid</b>.' : '<p>Your payment has not arrived yet.')
  }
  response.writeHead(404).end()
}

createServer((request, response) => {
  response.on('close', () => console.error(request.method, request.url.split('?')[0].slice(0, 99), response.statusCode))
  serve(request, response).catch((err) => {
    console.error('error', err.message)
    if (!response.headersSent) response.writeHead(err.status ?? 500).end()
  })
}).listen(new URL(env.SHOP_URL).port, '127.0.0.1', () => writeFileSync(env.SHOP_DIR + '/pid', String(process.pid)))
