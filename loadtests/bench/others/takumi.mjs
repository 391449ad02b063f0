// takumi (@takumi-rs/core): a tree of nodes with CSS, laid out and drawn whole each time.
// Same arguments and closing line as the contestants in Python; see contract.py.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const text = (def) => ({ type: 'string', default: def });
const { values: o } = parseArgs({ options: {
  card: text(), format: text('png'), variant: text('default'), n: text('200'), 'min-n': text('10'),
  warmup: text('20'), 'max-seconds': text('0'), offset: text('0'), assets: text(), scenes: text(),
  modules: text('.'), wait: { type: 'boolean' }, out: text(), dump: text('0,1,2,3,4,5,6,7'),
} });

const setupAt = performance.now();
const find = createRequire(join(o.modules, 'x.js'));
const loaded = await import(pathToFileURL(find.resolve('@takumi-rs/core')));
const Renderer = loaded.Renderer ?? loaded.default.Renderer;
const renderer = new Renderer();
const read = (name) => readFileSync(join(o.assets, name));
for (const [file, weight] of [['Inter-Regular.otf', 400], ['Inter-Bold.otf', 700]]) {
  await renderer.registerFont({ name: 'Inter', data: read(`fonts/${file}`), weight });
}
for (const file of ['NotoSansCJKjp-Bold.otf', 'NotoSansArabic-Bold.ttf', 'NotoColorEmoji.ttf']) {
  await renderer.registerFont(read(`fonts/${file}`));
}
const { guests, strangers } = JSON.parse(readFileSync(o.scenes));
const pictures = new Map();
for (const scene of guests) {
  for (const { source } of scene.layers) {
    if (source && !pictures.has(source)) pictures.set(source, read(source));
  }
}

const rgba = ([r, g, b, a]) => `rgba(${r},${g},${b},${a / 255})`;
const placed = (box, more) => ({
  position: 'absolute', left: box.left, top: box.top, width: box.width, height: box.height, ...more,
});
const words = (layer) => layer.text.replaceAll('\u200e', '');
const look = (layer, size) => ({
  fontFamily: 'Inter', fontSize: size, fontWeight: layer.font.weight, lineHeight: layer.line_height,
});

// The largest size whose lines fit, by the renderer's own measuring.
async function fitted(layer) {
  let [low, high] = [layer.min_size, layer.size];
  let best = low;
  while (low <= high) {
    const size = (low + high) >> 1;
    const node = { type: 'text', text: words(layer), style: { ...look(layer, size), width: layer.box.width } };
    const found = await renderer.measure(node, { width: layer.box.width });
    const runs = [found, ...found.children].flatMap((one) => one.runs);
    const fits = found.height <= layer.box.height && runs.every((run) => run.x + run.width <= layer.box.width + 0.5);
    if (fits) { best = size; low = size + 1; } else high = size - 1;
  }
  return best;
}

async function textNode(layer) {
  const { box } = layer;
  const size = layer.fit === 'shrink' ? await fitted(layer) : layer.size;
  const one = layer.max_lines === 1;
  const pitch = layer.vertical_align === 'middle' ? box.height : layer.line_height * size;
  const style = placed(box, {
    ...look(layer, size), lineHeight: `${pitch}px`, color: rgba(layer.color), textAlign: layer.align,
    ...(one && { whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis', wordBreak: 'break-all' }),
  });
  return { type: 'text', text: words(layer), style };
}

function node(layer) {
  if (layer.kind === 'text') return textNode(layer);
  const borderRadius = layer.ellipse ? layer.box.width / 2 : layer.corners.top_left;
  if (layer.kind === 'image') {
    return { type: 'image', src: layer.source, style: placed(layer.box, { objectFit: layer.fit, borderRadius }) };
  }
  return { type: 'container', style: placed(layer.box, { borderRadius, backgroundColor: rgba(layer.fill.color) }) };
}

function background(fill) {
  if (!fill) return {};
  if (fill.kind === 'solid') return { backgroundColor: rgba(fill.color) };
  const stops = fill.stops.map((stop) => `${rgba(stop.color)} ${stop.offset * 100}%`);
  return { backgroundImage: `linear-gradient(${fill.angle}deg, ${stops.join(', ')})` };
}

async function render(number) {
  const scene = number < 0 ? strangers[-1 - number] : guests[number % guests.length];
  const { width, height } = scene;
  const children = await Promise.all(scene.layers.map(node));
  const style = { position: 'relative', width, height, fontFamily: 'Inter', ...background(scene.background) };
  const sources = new Set(scene.layers.map((layer) => layer.source).filter(Boolean));
  const images = [...sources].map((src) => ({ src, data: pictures.get(src) }));
  const saving = o.format === 'jpeg' ? { quality: 80 } : {};
  return renderer.render({ type: 'container', style, children }, { width, height, format: o.format, images, ...saving });
}

const quantile = (sorted, share) => {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
};

const setupMs = performance.now() - setupAt;
const [n, least, limit, offset] = [+o.n, +o['min-n'], +o['max-seconds'], +o.offset];
const warmAt = performance.now();
for (let done = 0; done < +o.warmup; done += 1) {
  if (limit && done >= 3 && performance.now() - warmAt > Math.min(limit / 2, 1.5) * 1000) break;
  await render(-1 - done);
}
if (o.wait) {
  console.log('{"ready":true}');
  await new Promise((resolve) => { process.stdin.once('data', resolve); });
  process.stdin.pause();
}
const ms = [];
let bytes = 0;
const cpuAt = process.cpuUsage();
const startedAt = performance.now();
for (let number = offset; number < offset + n; number += 1) {
  const before = performance.now();
  bytes += (await render(number)).length;
  const now = performance.now();
  ms.push(now - before);
  if (limit && ms.length >= least && now - startedAt > limit * 1000) break;
}
const wall = performance.now() - startedAt;
const cpu = process.cpuUsage(cpuAt);
if (o.out) {
  mkdirSync(o.out, { recursive: true });
  for (const number of o.dump.split(',').map(Number)) {
    const name = `${o.card}-${number}.${o.format === 'jpeg' ? 'jpg' : 'png'}`;
    writeFileSync(join(o.out, name), await render(number));
  }
}
const sorted = [...ms].sort((a, b) => a - b);
const rounded = (value, digits = 3) => Number(value.toFixed(digits));
const packaged = JSON.parse(readFileSync(join(o.modules, 'node_modules/@takumi-rs/core/package.json')));
console.log(JSON.stringify({
  peer: 'takumi', variant: o.variant, card: o.card, format: o.format, n: ms.length,
  p50: rounded(quantile(sorted, 0.5)), p95: rounded(quantile(sorted, 0.95)),
  mean: rounded(ms.reduce((a, b) => a + b, 0) / ms.length), rps: rounded(ms.length / wall * 1000, 2),
  wall_ms: rounded(wall, 1), cpu_ms_mean: rounded((cpu.user + cpu.system) / 1000 / ms.length),
  bytes_mean: Math.round(bytes / ms.length), peak_rss_mb: rounded(process.resourceUsage().maxRSS / 1024, 1),
  setup_ms: rounded(setupMs, 1), versions: { node: process.version, takumi: packaged.version },
  notes: 'fonts registered once; pictures by key, its cache of decoded ones on; JPEG is 4:4:4', ms: ms.map((v) => rounded(v)),
}));
