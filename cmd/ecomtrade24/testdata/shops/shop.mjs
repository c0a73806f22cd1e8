// A small shop on Node and nothing else, for the drill. FAULT plants a fault; without one it is right.
import { createServer } from 'node:http'
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const env = process.env
const fault = (name) => env.FAULT === name
const disk = env.SHOP_DIR + '/orders.json'
const visitors = new Map() // by cookie: the basket and the token of the checkout's form
let orders = existsSync(disk) ? JSON.parse(readFileSync(disk)) : {}

function save() {
  if (existsSync(env.SHOP_DIR + '/broken')) throw new Error('the database does not work')
  if (fault('memory')) return
  writeFileSync(disk + '.new', JSON.stringify(orders))
  renameSync(disk + '.new', disk)
}

// change does something to the orders, or nothing at all if that cannot be stored.
function change(what) {
  const before = structuredClone(orders)
  try {
    what()
    save()
  } catch (err) {
    orders = before
    throw err
  }
}

async function gateway(method, path, body) {
  const response = await fetch(env.ECOMTRADE24_BASE_URL + path, {
    method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000),
    headers: { authorization: 'Bearer ' + env.ECOMTRADE24_API_KEY, 'content-type': 'application/json' },
  })
  const answer = await response.json()
  if (!answer.ok) throw new Error('the gateway refuses')
  return answer
}

async function pay(order) {
  const { session_id: id, checkout_url: url } = await gateway('POST', '/gateway/session.php', {
    domain: 'shop.example', amount: order.amount, currency: order.currency, order_id: order.id,
    return_url: `${env.SHOP_URL}/thanks?order=${order.id}`,
  })
  change(() => order.sessions.push(String(id)))
  return url
}

function signed(headers, body) {
  if (fault('unsigned')) return true
  if (fault('parsed')) body = Buffer.from(JSON.stringify(JSON.parse(body)))
  const want = createHmac('sha256', fault('secret') ? 'another' : env.ECOMTRADE24_WEBHOOK_SECRET).update(body).digest()
  return ['x-signature', 'x-ecomtrade24-signature', 'x-webhook-signature'].some((name) => {
    const got = Buffer.from((headers[name] ?? '').replace(/^sha256=/, ''), 'hex')
    return got.length === want.length && timingSafeEqual(got, want)
  })
}

const decimal = (s) => (/^\d+(\.\d+)?$/.test(s) ? s.replace(/^0+(?=\d)/, '').replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : null)

function settles(order, p) {
  if (p.currency !== order.currency) return false
  if (fault('float')) return parseFloat(p.amount) === parseFloat(order.amount)
  return decimal(String(p.amount)) !== null && decimal(String(p.amount)) === decimal(order.amount)
}

function apply(p) {
  const order = Object.hasOwn(orders, p.order_id) ? orders[p.order_id] : undefined
  if (!order) return
  if (fault('status')) order.paid = order.paid && p.status === 'paid'
  if (p.status !== 'paid' || p.test) return
  if (!settles(order, p)) order.review = true
  else if (!order.paid || fault('twice')) {
    order.paid = true
    order.by = String(p.session_id ?? '')
    order.shipments++
  } else if (order.by !== String(p.session_id ?? '')) order.review = true
}

async function read(request) {
  const parts = []
  let size = 0
  for await (const part of request) {
    if ((size += part.length) > 1 << 20) throw Object.assign(new Error('too large'), { status: 413 })
    parts.push(part)
    if (fault('chunk')) break
  }
  return Buffer.concat(parts)
}

function visitor(request, response) {
  const id = /(?:^|; )visitor=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomBytes(8).toString('hex')
  if (!visitors.has(id)) visitors.set(id, { basket: 0, token: randomBytes(8).toString('hex') })
  response.setHeader('set-cookie', `visitor=${id}; HttpOnly; Path=/`)
  return visitors.get(id)
}

const html = (response, text) => response.setHeader('content-type', 'text/html').end(`<!doctype html>${text}`)
const away = (response, to) => response.writeHead(303, { location: to }).end()

async function serve(request, response) {
  const url = new URL(request.url, env.SHOP_URL)
  const order = orders[url.pathname.split('/').at(-1)] ?? orders[url.pathname.split('/').at(-2)]
  const route = request.method + ' ' + url.pathname
  if (route === 'GET /') return html(response, '<h1>A small shop</h1>')
  if (route === 'POST /basket') {
    visitor(request, response).basket++
    return away(response, '/checkout')
  }
  if (route === 'GET /checkout') {
    return html(response, `<form method=post><input type=hidden name=csrf value=${visitor(request, response).token}></form>`)
  }
  if (route === 'POST /checkout') {
    const v = visitor(request, response)
    const form = new URLSearchParams(String(await read(request)))
    if (form.get('csrf') !== v.token || v.basket === 0) return response.writeHead(403).end()
    const id = 'N' + randomBytes(6).toString('hex')
    const created = { id, amount: '49.95', currency: 'USD', paid: false, shipments: 0, review: false, by: '', sessions: [] }
    change(() => { orders[id] = created })
    return away(response, await pay(created))
  }
  if (route.startsWith('POST /orders/') && order) return away(response, await pay(order))
  if (route.startsWith('GET /api/orders/') && order) {
    return response.setHeader('content-type', 'application/json').end(
      JSON.stringify({ state: order.paid ? 'paid' : 'open', shipments: order.shipments, review: order.review }))
  }
  if (route === 'GET /thanks') {
    const paid = orders[url.searchParams.get('order')]?.paid || fault('return')
    return html(response, paid ? '<p>Thank you, it is <b>paid</b>.' : '<p>We wait for your payment.')
  }
  if (route === 'POST /cron/reconcile') {
    for (const o of Object.values(orders)) {
      if (o.paid || fault('reconcile')) continue
      for (const id of o.sessions) {
        const status = await gateway('GET', '/gateway/status.php?session_id=' + id)
        change(() => apply(status))
      }
    }
    return response.end()
  }
  if (route === 'POST /api/webhook') {
    const body = await read(request)
    let event
    try {
      if (!signed(request.headers, body)) return response.writeHead(401).end()
      event = JSON.parse(body)
    } catch {
      return response.writeHead(400).end()
    }
    try {
      change(() => apply(event ?? {}))
    } catch (err) {
      if (!fault('swallowed')) throw err
    }
    return response.end()
  }
  response.writeHead(404).end()
}

createServer((request, response) => {
  serve(request, response).catch((err) => {
    if (!response.headersSent) response.writeHead(err.status ?? 502).end()
  })
}).listen(new URL(env.SHOP_URL).port, '127.0.0.1', () => writeFileSync(env.SHOP_DIR + '/pid', String(process.pid)))
