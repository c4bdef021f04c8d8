/** Draws rates over the number of resting orders as an SVG that can be read on a light and on a dark page. */

export interface Line {
  readonly label: string
  readonly colour: string
  readonly points: readonly { readonly restingOrders: number; readonly rate: number }[]
}

const width = 840
const height = 400
const left = 50
const right = 590
const top = 44
const bottom = 350
const million = 1_000_000

/** Between neighbouring labels at the ends of lines, so that they do not cover each other. */
const labelDistance = 18
/** In the middle between black and white, as the lines' colours should be. */
const ink = '#7d8590'

export function ratesPicture(title: string, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points)
  const counts = [...new Set(points.map((point) => point.restingOrders))].sort((a, b) => a - b)
  const step = Math.max(...points.map((point) => point.rate)) > 10 * million ? 5 * million : 2 * million
  const highest = Math.ceil(Math.max(...points.map((point) => point.rate)) / step) * step
  const [first, last] = [Math.log10(counts[0]), Math.log10(counts[counts.length - 1])]
  const x = (count: number) => left + ((Math.log10(count) - first) / (last - first)) * (right - left)
  const y = (rate: number) => bottom - (rate / highest) * (bottom - top)

  const grid = Array.from({ length: highest / step + 1 }, (_, index) => {
    const place = y(index * step).toFixed(1)
    return [
      `<path d="M${left} ${place}H${right}" stroke="${ink}" stroke-opacity="0.3"/>`,
      text(left - 8, Number(place) + 4, `${(index * step) / million}`, 'end'),
    ].join('\n')
  })
  const axis = counts.map((count) => text(x(count), bottom + 20, count.toLocaleString('en-US'), 'middle'))
  const drawn = lines.map(({ colour, points }) => {
    const at = points.map(({ restingOrders, rate }) => `${x(restingOrders).toFixed(1)} ${y(rate).toFixed(1)}`)
    const dots = at.map((place) => `<circle cx="${place.replace(' ', '" cy="')}" r="4" fill="${colour}"/>`)
    return [`<path d="M${at.join('L')}" fill="none" stroke="${colour}" stroke-width="2.5"/>`, ...dots].join('\n')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">`,
    `<g font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" fill="${ink}">`,
    text(left - 30, 20, title, 'start', ' font-size="15" font-weight="bold"'),
    ...grid,
    ...axis,
    text((left + right) / 2, bottom + 42, 'resting orders', 'middle'),
    ...drawn,
    ...labels(lines, y),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

/** Names of the lines at their right ends, pushed apart where they would cover each other. */
function labels(lines: readonly Line[], y: (rate: number) => number): string[] {
  const ends = lines.map((line) => ({ line, place: y(line.points[line.points.length - 1].rate) }))
  ends.sort((a, b) => b.place - a.place)
  let lowest = bottom + labelDistance
  return ends.map(({ line, place }) => {
    lowest = Math.min(place, lowest - labelDistance)
    return text(right + 14, lowest + 4, line.label, 'start', ` fill="${line.colour}"`)
  })
}

function text(x: number, y: number, content: string, anchor: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${attributes}>${content}</text>`
}
