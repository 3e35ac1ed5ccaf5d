#!/usr/bin/env node
'use strict';
/*
 * s3sim.js - an in-memory simulator of the S3 REST API whose point is *latency*.
 *
 * It has no dependencies, ignores signatures, keeps every object in memory, and
 * delays each answer by a fixed time so that a client's concurrency (not the
 * loopback's speed) decides how long a sync takes, as it does against real S3.
 * It counts requests by kind, bytes, connections and the peak in flight.
 *
 *   node s3sim.js [--port 9100] [--host 127.0.0.1] [--latency 30] [--jitter 0]
 *                 [--put-rps 0] [--get-rps 0] [--buckets a,b] [--continue-latency 0]
 *                 [--tls-key key.pem --tls-cert cert.pem]
 *
 *   --latency ms            added to every S3 answer (0 = none)
 *   --jitter ms             plus 0..jitter ms, from a seeded generator
 *   --continue-latency ms   added before "100 Continue" (real S3 costs one RTT there)
 *   --put-rps / --get-rps   token bucket per bucket; above it 503 SlowDown, as S3 does
 *
 * Control, outside the S3 name space (no latency, not counted):
 *   GET  /_sim/stats        {requests:{PutObject:n,...}, bytesIn, bytesOut, connections, ...}
 *   POST /_sim/reset        zero the counters                (?objects=1 also empties all buckets, &bucket=a only that one)
 *   GET  /_sim/objects      ?bucket=a  {key: etag}
 *   POST /_sim/config       ?latency=30&jitter=0&putRps=0&getRps=0&continueLatency=0
 *                           &throttleRate=0.3&errorRate=0.1&lostRate=0.05&clockSkew=0
 *   POST /_sim/fail         ?op=PutObject&status=503&code=SlowDown&message=..&count=5   fail the next n
 *                           &kind=lost: happens, no answer; &kind=refused: no answer, nothing happens;
 *                           &kind=late: 200 first, the <Error> in the body (CopyObject does that)
 *
 * STS, on the same port (POST /): AssumeRole into the account of the role's ARN, GetCallerIdentity.
 * Served: ListBuckets Create/Head/DeleteBucket GetBucketLocation ListObjects ListObjectsV2
 * Put/Head/Get/DeleteObject DeleteObjects CopyObject, multipart (create, upload, copy part,
 * list, complete, abort), conditional requests, Range, aws-chunked bodies, path-style only.
 * Not served: versions, ACLs, tagging, policies, encryption (PUTs of these answer 200 unread,
 * GETs 404).
 */
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { createHash, randomUUID } = require('node:crypto');

const argv = Object.fromEntries(
  process.argv.slice(2).join(' ').split('--').filter(Boolean).map((a) => {
    const [k, ...v] = a.trim().split(/[ =]/);
    return [k, v.join(' ') || 'true'];
  }));
const cfg = {
  latency: +(argv.latency ?? 0),
  jitter: +(argv.jitter ?? 0),
  continueLatency: +(argv['continue-latency'] ?? 0),
  putRps: +(argv['put-rps'] ?? 0),
  getRps: +(argv['get-rps'] ?? 0),
  throttleRate: 0, // share of writes answered 503 SlowDown
  errorRate: 0, // share of writes answered 500 InternalError
  lostRate: 0, // share of writes that happen and are never answered
  clockSkew: 0, // seconds by which the simulator's clock is ahead of the machine's
};

// ---------------------------------------------------------------- state
const buckets = new Map(); // name -> {objects: Map, sorted: [keys]|null, born, put/get token buckets}
const uploads = new Map(); // uploadId -> {bucket, key, meta, parts: Map}
let stats, failures = [];
const zero = () => {
  stats = { requests: {}, errors: {}, bytesIn: 0, bytesOut: 0, connections: 0, continues: 0, peakInFlight: 0, since: Date.now() };
};
zero();
let inFlight = 0;
let requestNumber = 0;
let seed = 42;
const random = () => { // mulberry32, so that jitter repeats run to run
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const newBucket = (name) => buckets.set(name, { objects: new Map(), sorted: null, born: new Date(), tokens: {} });
for (const b of (argv.buckets ?? '').split(',').filter(Boolean)) newBucket(b);

// ---------------------------------------------------------------- helpers
const md5 = (buf, enc = 'hex') => createHash('md5').update(buf).digest(enc);
const esc = (s) => /[&<>"\r]/.test(s) ? s.replace(/[&<>"\r]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' })[c]) : s;
const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const byCodeUnit = (a, b) => (a < b ? -1 : a > b ? 1 : 0); // code units: equals UTF-8 order within the BMP
const unquote = (s) => s.trim().replace(/^W\//, '').replace(/^"|"$/g, '');

class S3Error extends Error {
  constructor(status, code, message, headers) { super(message ?? code); Object.assign(this, { status, code, headers }); }
}

function sortedKeys(b) {
  if (!b.sorted) b.sorted = [...b.objects.keys()].sort(byCodeUnit);
  return b.sorted;
}
function lowerBound(a, key) { // first index whose key >= key
  let lo = 0, hi = a.length;
  while (lo < hi) { const m = (lo + hi) >> 1; if (a[m] < key) lo = m + 1; else hi = m; }
  return lo;
}
function putObject(b, key, obj) {
  if (!b.objects.has(key)) b.sorted = null;
  b.objects.set(key, obj);
}

const KEPT = ['content-type', 'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires', 'x-amz-website-redirect-location', 'x-amz-storage-class'];
function metaOf(headers) {
  const m = {};
  for (const k of KEPT) if (headers[k] !== undefined) m[k] = headers[k];
  for (const k in headers) if (k.startsWith('x-amz-meta-') || k.startsWith('x-amz-checksum-')) m[k] = headers[k];
  if (m['content-encoding']) { // aws-chunked is transport, not content
    const rest = m['content-encoding'].split(',').map((s) => s.trim()).filter((s) => s && s !== 'aws-chunked').join(',');
    if (rest) m['content-encoding'] = rest; else delete m['content-encoding'];
  }
  m['content-type'] ??= 'binary/octet-stream';
  return m;
}
function decodeChunked(buf) { // aws-chunked: "hex[;chunk-signature=..]\r\n data \r\n" ... "0\r\n trailers"
  const out = [];
  let p = 0;
  while (p < buf.length) {
    const eol = buf.indexOf('\r\n', p);
    if (eol < 0) break;
    const n = parseInt(buf.toString('latin1', p, eol), 16);
    if (!n) break;
    out.push(buf.subarray(eol + 2, eol + 2 + n));
    p = eol + 2 + n + 2;
  }
  return Buffer.concat(out);
}
const isChunked = (h) => /aws-chunked/.test(h['content-encoding'] ?? '') || (h['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');

function takeToken(b, kind, rate) { // a bucket of one second's worth, refilled continuously
  if (!rate) return;
  const now = performance.now();
  const t = (b.tokens[kind] ??= { n: rate, at: now });
  t.n = Math.min(rate, t.n + ((now - t.at) * rate) / 1000);
  t.at = now;
  if (t.n < 1) throw new S3Error(503, 'SlowDown', 'Please reduce your request rate.');
  t.n -= 1;
}

// ---------------------------------------------------------------- which operation is this
function operation(method, bucket, key, q, h) {
  if (!bucket) return 'ListBuckets';
  const has = (k) => q.has(k);
  if (key === '') {
    if (method === 'GET') return has('location') ? 'GetBucketLocation' : has('uploads') ? 'ListMultipartUploads' : has('list-type') ? 'ListObjectsV2' : unknownSub(q) ? 'GetBucketOther' : 'ListObjects';
    if (method === 'PUT') return unknownSub(q) ? 'PutBucketOther' : 'CreateBucket';
    if (method === 'POST') return has('delete') ? 'DeleteObjects' : 'PostOther';
    if (method === 'HEAD') return 'HeadBucket';
    return 'DeleteBucket';
  }
  if (method === 'PUT') {
    const copy = h['x-amz-copy-source'] !== undefined;
    if (has('partNumber')) return copy ? 'UploadPartCopy' : 'UploadPart';
    return copy ? 'CopyObject' : has('tagging') || has('acl') ? 'PutObjectOther' : 'PutObject';
  }
  if (method === 'POST') return has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'DELETE') return has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method === 'HEAD') return 'HeadObject';
  return has('uploadId') ? 'ListParts' : has('tagging') ? 'GetObjectTagging' : has('acl') || has('attributes') ? 'GetObjectOther' : 'GetObject';
}
const SUBS = ['versioning', 'policy', 'acl', 'cors', 'lifecycle', 'tagging', 'website', 'encryption', 'object-lock', 'publicAccessBlock', 'ownershipControls', 'notification', 'logging', 'versions'];
const unknownSub = (q) => SUBS.some((s) => q.has(s));

// ---------------------------------------------------------------- conditions
function checkConditions(o, h, prefix = 'if-') {
  const match = h[prefix + 'match'], none = h[prefix + 'none-match'];
  if (match !== undefined && match !== '*' && unquote(match) !== o.etag) throw new S3Error(412, 'PreconditionFailed');
  if (none !== undefined && (none === '*' || unquote(none) === o.etag)) throw new S3Error(prefix === 'if-' ? 304 : 412, 'NotModified');
  const since = h[prefix + 'unmodified-since'];
  if (since && match === undefined && o.mtime - Date.parse(since) >= 1000) throw new S3Error(412, 'PreconditionFailed');
  const mod = h[prefix + 'modified-since'];
  if (mod && none === undefined && Math.floor(o.mtime / 1000) * 1000 <= Date.parse(mod)) throw new S3Error(prefix === 'if-' ? 304 : 412, 'NotModified');
}
function checkWriteConditions(b, key, h) {
  const o = b.objects.get(key);
  if (h['if-none-match'] === '*' && o) throw new S3Error(412, 'PreconditionFailed');
  if (h['if-match'] !== undefined && (!o || unquote(h['if-match']) !== o.etag)) throw new S3Error(o ? 412 : 404, o ? 'PreconditionFailed' : 'NoSuchKey');
}
function copySource(h) {
  const raw = decodeURIComponent(h['x-amz-copy-source'].split('?')[0]).replace(/^\//, '');
  const i = raw.indexOf('/');
  const o = buckets.get(raw.slice(0, i))?.objects.get(raw.slice(i + 1));
  if (!buckets.has(raw.slice(0, i))) throw new S3Error(404, 'NoSuchBucket');
  if (!o) throw new S3Error(404, 'NoSuchKey');
  checkConditions(o, h, 'x-amz-copy-source-if-');
  return o;
}

// ---------------------------------------------------------------- the operations: (ctx) -> {status, headers, body}
const xml = (body, status = 200) => ({ status, headers: { 'content-type': 'application/xml' }, body: XML + body });
const WRITES = new Set(['PutObject', 'CopyObject', 'DeleteObject', 'DeleteObjects', 'UploadPart', 'UploadPartCopy', 'CreateMultipartUpload', 'CompleteMultipartUpload']);

function list(c, v2) {
  const { q, b, bucket } = c;
  const prefix = q.get('prefix') ?? '', delim = q.get('delimiter') ?? '';
  const max = Math.min(1000, +(q.get('max-keys') ?? 1000));
  const token = q.get('continuation-token');
  const after = v2 ? (token ? Buffer.from(token, 'base64url').toString() : q.get('start-after') ?? '') : q.get('marker') ?? '';
  const enc = q.get('encoding-type') === 'url' ? (s) => encodeURIComponent(s).replace(/%2F/g, '/') : esc;
  const keys = sortedKeys(b);
  let i = lowerBound(keys, after > prefix ? after : prefix);
  const out = [], groups = [];
  let count = 0, last = '', truncated = false;
  for (; i < keys.length; i++) {
    const k = keys[i];
    if (!k.startsWith(prefix)) { if (k > prefix) break; else continue; }
    if (after && k <= after) continue;
    const cut = delim ? k.indexOf(delim, prefix.length) : -1;
    const group = cut >= 0 ? k.slice(0, cut + delim.length) : null;
    if (group !== null && (group === after || (after && after.startsWith(group)))) continue;
    if (count >= max) { truncated = true; break; }
    count++;
    if (group !== null) {
      groups.push(`<CommonPrefixes><Prefix>${enc(group)}</Prefix></CommonPrefixes>`);
      last = group;
      while (i + 1 < keys.length && keys[i + 1].startsWith(group)) i++;
      continue;
    }
    const o = b.objects.get(k);
    out.push(`<Contents><Key>${enc(k)}</Key><LastModified>${new Date(o.mtime).toISOString()}</LastModified><ETag>&quot;${o.etag}&quot;</ETag><Size>${o.body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`);
    last = k;
  }
  const next = truncated ? (v2 ? `<NextContinuationToken>${Buffer.from(last).toString('base64url')}</NextContinuationToken>` : `<NextMarker>${enc(last)}</NextMarker>`) : '';
  return xml(`<ListBucketResult ${NS}><Name>${esc(bucket)}</Name><Prefix>${enc(prefix)}</Prefix>` +
    (v2 ? `<KeyCount>${count}</KeyCount>` + (token ? `<ContinuationToken>${esc(token)}</ContinuationToken>` : '') : `<Marker>${enc(after)}</Marker>`) +
    (delim ? `<Delimiter>${esc(delim)}</Delimiter>` : '') + (q.get('encoding-type') ? '<EncodingType>url</EncodingType>' : '') +
    `<MaxKeys>${max}</MaxKeys><IsTruncated>${truncated}</IsTruncated>${next}${out.join('')}${groups.join('')}</ListBucketResult>`);
}
function objectHeaders(o) {
  return { ...o.meta, etag: `"${o.etag}"`, 'last-modified': new Date(o.mtime).toUTCString(), 'accept-ranges': 'bytes' };
}
function upload(c) {
  const u = uploads.get(c.q.get('uploadId'));
  if (!u) throw new S3Error(404, 'NoSuchUpload');
  return u;
}
function deleteKey(b, key) { if (b.objects.delete(key)) b.sorted = null; }
const unxml = (s) => s.replace(/&(lt|gt|quot|apos|amp|#(x?)([0-9a-fA-F]+));/g, (m, n, x, d) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[n] ?? String.fromCodePoint(parseInt(d, x ? 16 : 10)));

const ops = {
  ListBuckets: () => xml(`<ListAllMyBucketsResult ${NS}><Owner><ID>sim</ID></Owner><Buckets>${[...buckets].map(([n, b]) => `<Bucket><Name>${n}</Name><CreationDate>${b.born.toISOString()}</CreationDate></Bucket>`).join('')}</Buckets></ListAllMyBucketsResult>`),
  CreateBucket(c) { if (!buckets.has(c.bucket)) newBucket(c.bucket); return { status: 200, headers: { location: '/' + c.bucket } }; },
  DeleteBucket(c) { if (c.b.objects.size) throw new S3Error(409, 'BucketNotEmpty'); buckets.delete(c.bucket); return { status: 204 }; },
  HeadBucket: () => ({ status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } }),
  GetBucketLocation: () => xml(`<LocationConstraint ${NS}/>`),
  ListMultipartUploads: () => xml(`<ListMultipartUploadsResult ${NS}><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`),
  ListObjects: (c) => list(c, false),
  ListObjectsV2: (c) => list(c, true),
  PutBucketOther: () => ({ status: 200 }),
  GetBucketOther(c) {
    if (c.q.has('versioning')) return xml(`<VersioningConfiguration ${NS}/>`);
    throw new S3Error(404, 'NoSuchConfiguration');
  },
  PutObjectOther: () => ({ status: 200 }),
  GetObjectOther() { throw new S3Error(501, 'NotImplemented'); },
  PostOther() { throw new S3Error(501, 'NotImplemented'); },
  GetObjectTagging: () => xml(`<Tagging ${NS}><TagSet></TagSet></Tagging>`),
  PutObject(c) {
    checkWriteConditions(c.b, c.key, c.h);
    const digest = md5(c.body, 'hex');
    const sent = c.h['content-md5'];
    if (sent && Buffer.from(sent, 'base64').toString('hex') !== digest) throw new S3Error(400, 'BadDigest');
    putObject(c.b, c.key, { body: c.body, etag: digest, mtime: Date.now(), meta: metaOf(c.h) });
    return { status: 200, headers: { etag: `"${digest}"` } };
  },
  CopyObject(c) {
    const src = copySource(c.h);
    checkWriteConditions(c.b, c.key, c.h);
    const meta = c.h['x-amz-metadata-directive'] === 'REPLACE' ? metaOf(c.h) : src.meta;
    const o = { body: src.body, etag: md5(src.body), mtime: Date.now(), meta };
    putObject(c.b, c.key, o);
    return xml(`<CopyObjectResult ${NS}><LastModified>${new Date(o.mtime).toISOString()}</LastModified><ETag>&quot;${o.etag}&quot;</ETag></CopyObjectResult>`);
  },
  HeadObject: (c) => ops.GetObject(c),
  GetObject(c) {
    const o = c.b.objects.get(c.key);
    if (!o) throw new S3Error(404, 'NoSuchKey');
    checkConditions(o, c.h);
    const headers = objectHeaders(o);
    const r = /^bytes=(\d*)-(\d*)$/.exec(c.h.range ?? '');
    if (!r || (r[1] === '' && r[2] === '')) return { status: 200, headers, body: o.body };
    const size = o.body.length;
    const from = r[1] === '' ? Math.max(0, size - +r[2]) : +r[1];
    const to = r[1] === '' || r[2] === '' ? size - 1 : Math.min(+r[2], size - 1);
    if (from >= size) throw new S3Error(416, 'InvalidRange');
    headers['content-range'] = `bytes ${from}-${to}/${size}`;
    return { status: 206, headers, body: o.body.subarray(from, to + 1) };
  },
  DeleteObject(c) { deleteKey(c.b, c.key); return { status: 204 }; },
  DeleteObjects(c) {
    const text = c.body.toString();
    const keys = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((m) => unxml(m[1]));
    if (keys.length > 1000) throw new S3Error(400, 'MalformedXML');
    for (const k of keys) deleteKey(c.b, k);
    const quiet = /<Quiet>true<\/Quiet>/i.test(text);
    return xml(`<DeleteResult ${NS}>${quiet ? '' : keys.map((k) => `<Deleted><Key>${esc(k)}</Key></Deleted>`).join('')}</DeleteResult>`);
  },
  CreateMultipartUpload(c) {
    const id = randomUUID();
    uploads.set(id, { bucket: c.bucket, key: c.key, meta: metaOf(c.h), parts: new Map() });
    return xml(`<InitiateMultipartUploadResult ${NS}><Bucket>${c.bucket}</Bucket><Key>${esc(c.key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  },
  UploadPart(c) {
    const etag = md5(c.body);
    upload(c).parts.set(+c.q.get('partNumber'), { body: c.body, etag });
    return { status: 200, headers: { etag: `"${etag}"` } };
  },
  UploadPartCopy(c) {
    const src = copySource(c.h);
    const r = /bytes=(\d+)-(\d+)/.exec(c.h['x-amz-copy-source-range'] ?? '');
    const body = r ? src.body.subarray(+r[1], +r[2] + 1) : src.body;
    const etag = md5(body);
    upload(c).parts.set(+c.q.get('partNumber'), { body, etag });
    return xml(`<CopyPartResult ${NS}><LastModified>${new Date().toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag></CopyPartResult>`);
  },
  ListParts(c) {
    const u = upload(c);
    return xml(`<ListPartsResult ${NS}><UploadId>${c.q.get('uploadId')}</UploadId><IsTruncated>false</IsTruncated>${[...u.parts].sort((a, b) => a[0] - b[0]).map(([n, p]) => `<Part><PartNumber>${n}</PartNumber><ETag>&quot;${p.etag}&quot;</ETag><Size>${p.body.length}</Size></Part>`).join('')}</ListPartsResult>`);
  },
  CompleteMultipartUpload(c) {
    const u = upload(c);
    const parts = [...c.body.toString().matchAll(/<PartNumber>\s*(\d+)\s*<\/PartNumber>/g)].map((m) => +m[1]).sort((a, b) => a - b).map((n) => {
      const p = u.parts.get(n);
      if (!p) throw new S3Error(400, 'InvalidPart');
      return p;
    });
    if (!parts.length) throw new S3Error(400, 'MalformedXML');
    checkWriteConditions(c.b, c.key, c.h);
    const etag = `${md5(Buffer.concat(parts.map((p) => Buffer.from(p.etag, 'hex'))))}-${parts.length}`;
    putObject(c.b, c.key, { body: Buffer.concat(parts.map((p) => p.body)), etag, mtime: Date.now(), meta: u.meta });
    uploads.delete(c.q.get('uploadId'));
    return xml(`<CompleteMultipartUploadResult ${NS}><Bucket>${c.bucket}</Bucket><Key>${esc(c.key)}</Key><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`);
  },
  AbortMultipartUpload(c) { uploads.delete(c.q.get('uploadId')); return { status: 204 }; },
};

const now = () => Date.now() + 1000 * cfg.clockSkew;
const stamp = (s) => Date.parse(s.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'));
function checkExpiry(q) {
  if (!q.has('X-Amz-Expires')) return;
  if (now() > stamp(q.get('X-Amz-Date')) + 1000 * +q.get('X-Amz-Expires')) throw new S3Error(403, 'AccessDenied', 'Request has expired');
}
function checkSkew(h) {
  if (h['x-amz-date'] && Math.abs(now() - stamp(h['x-amz-date'])) > 15 * 60000) {
    throw new S3Error(403, 'RequestTimeTooSkewed', "The difference between the request time and the current time is too large.");
  }
}

// ---------------------------------------------------------------- one request
function execute(req, body) {
  const h = req.headers;
  const qm = req.url.indexOf('?');
  const path = qm < 0 ? req.url : req.url.slice(0, qm);
  const q = new URLSearchParams(qm < 0 ? '' : req.url.slice(qm + 1));
  const slash = path.indexOf('/', 1);
  const bucket = decodeURIComponent(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? '' : decodeURIComponent(path.slice(slash + 1));
  const op = operation(req.method, bucket, key, q, h);
  stats.requests[op] = (stats.requests[op] ?? 0) + 1;
  stats.bytesIn += body.length;
  try {
    const b = buckets.get(bucket);
    if (bucket && !b && op !== 'CreateBucket') throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const fail = failures.find((f) => f.count > 0 && (f.op === op || f.op === '*'));
    if (fail) {
      fail.count--;
      if (fail.kind === 'refused') return { lost: true };
      if (fail.kind === 'late') return xml(`<Error><Code>${fail.code}</Code><Message>late</Message></Error>`);
      if (fail.kind !== 'lost') throw new S3Error(fail.status, fail.code, fail.message);
    }
    checkExpiry(q);
    checkSkew(h);
    if (WRITES.has(op) && random() < cfg.throttleRate) throw new S3Error(503, 'SlowDown', 'Reduce your request rate.');
    if (WRITES.has(op) && random() < cfg.errorRate) throw new S3Error(500, 'InternalError', 'We encountered an internal error.');
    const lost = fail?.kind === 'lost' || (WRITES.has(op) && random() < cfg.lostRate);
    if (b) WRITES.has(op) ? takeToken(b, 'put', cfg.putRps) : takeToken(b, 'get', cfg.getRps);
    return { ...ops[op]({ q, h, b, bucket, key, body: isChunked(h) ? decodeChunked(body) : body }), lost };
  } catch (e) {
    const err = e instanceof S3Error ? e : new S3Error(500, 'InternalError', String(e.stack));
    stats.errors[err.code] = (stats.errors[err.code] ?? 0) + 1;
    if (err.status === 304) return { status: 304, headers: {} };
    return { ...xml(`<Error><Code>${err.code}</Code><Message>${esc(err.message)}</Message><Key>${esc(key)}</Key><RequestId>sim</RequestId></Error>`, err.status) };
  }
}
function control(req, res) {
  const u = new URL(req.url, 'http://sim');
  const p = u.searchParams;
  if (u.pathname === '/_sim/reset') {
    zero(); failures = [];
    if (p.get('objects')) {
      const one = buckets.get(p.get('bucket'));
      for (const b of one ? [one] : buckets.values()) { b.objects.clear(); b.sorted = null; }
    }
  } else if (u.pathname === '/_sim/config') {
    for (const k of Object.keys(cfg)) if (p.has(k)) cfg[k] = +p.get(k);
  } else if (u.pathname === '/_sim/fail') {
    failures.push({ op: p.get('op') ?? '*', status: +(p.get('status') ?? 503), code: p.get('code') ?? 'SlowDown', message: p.get('message') ?? '', kind: p.get('kind') ?? '', count: +(p.get('count') ?? 1) });
  }
  if (u.pathname === '/_sim/objects') {
    const b = buckets.get(p.get('bucket'));
    res.setHeader('content-type', 'application/json');
    return res.end(JSON.stringify(Object.fromEntries([...b.objects].map(([k, o]) => [k, o.etag]))));
  }
  const objects = Object.fromEntries([...buckets].map(([n, b]) => [n, b.objects.size]));
  const total = Object.values(stats.requests).reduce((a, n) => a + n, 0);
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({ ...stats, total, objects, config: cfg }));
}
// STS: the account is part of the key id, so that an identity needs no state
function sts(req, body) {
  const p = new URLSearchParams(body.toString());
  const action = p.get('Action');
  const ns = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
  stats.requests[action] = (stats.requests[action] ?? 0) + 1;
  const answer = (result) => xml(`<${action}Response ${ns}><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>SIM</RequestId></ResponseMetadata></${action}Response>`);
  if (action === 'AssumeRole') {
    const account = p.get('RoleArn').split(':')[4];
    const end = new Date(Date.now() + 1000 * +(p.get('DurationSeconds') ?? 3600)).toISOString();
    return answer(`<Credentials><AccessKeyId>ASIA${account}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>${end}</Expiration></Credentials><AssumedRoleUser><Arn>${esc(p.get('RoleArn'))}</Arn><AssumedRoleId>AROASIM:sim</AssumedRoleId></AssumedRoleUser>`);
  }
  const account = /Credential=ASIA(\d{12})/.exec(req.headers.authorization ?? '')?.[1] ?? '000000000000';
  return answer(`<Account>${account}</Account><Arn>arn:aws:sts::${account}:assumed-role/sim</Arn><UserId>sim</UserId>`);
}
function handle(req, res) {
  if (req.url.startsWith('/_sim/')) return control(req, res);
  stats.peakInFlight = Math.max(stats.peakInFlight, ++inFlight);
  res.on('close', () => inFlight--);
  const chunks = [];
  req.on('data', (d) => chunks.push(d));
  req.on('end', () => {
    const reply = () => {
      const received = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      const r = req.method === 'POST' && req.url === '/' ? sts(req, received) : execute(req, received);
      if (r.lost) return req.socket.destroy();
      const body = r.body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(r.body) ? r.body : Buffer.from(r.body);
      const headers = { ...r.headers, 'x-amz-request-id': `SIM${++requestNumber}`, server: 's3sim', date: new Date(now()).toUTCString() };
      if (r.status !== 204 && r.status !== 304) headers['content-length'] = body.length;
      res.writeHead(r.status, headers);
      if (req.method === 'HEAD' || !body.length) return res.end();
      stats.bytesOut += body.length;
      res.end(body);
    };
    const wait = cfg.latency + (cfg.jitter ? random() * cfg.jitter : 0);
    if (wait > 0) setTimeout(reply, wait); else reply();
  });
}

const options = { keepAliveTimeout: 60000, noDelay: true };
const tls = argv['tls-key'] && { key: fs.readFileSync(argv['tls-key']), cert: fs.readFileSync(argv['tls-cert']) };
const server = tls ? https.createServer({ ...options, ...tls }, handle) : http.createServer(options, handle);
server.on('connection', () => stats.connections++);
server.on('checkContinue', (req, res) => {
  stats.continues++;
  const go = () => { res.writeContinue(); handle(req, res); };
  if (cfg.continueLatency > 0) setTimeout(go, cfg.continueLatency); else go();
});
server.maxRequestsPerSocket = 0;
server.requestTimeout = 0;
server.listen(+(argv.port ?? 9100), argv.host ?? '127.0.0.1', 1024, () => {
  const a = server.address();
  console.log(`s3sim on ${tls ? 'https' : 'http'}://${a.address}:${a.port} latency=${cfg.latency}ms`);
});
for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => process.exit(0));
