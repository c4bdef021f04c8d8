/**
 * How V8 compiles this process. Imported before anything that is hot runs; the flags count from the next compilation on.
 *
 * The path of an order is many small functions. By default V8 stops inlining them into one when they add up to 920 bytes
 * of bytecode, a tenth of that path; the rest stays calls. A second bound, 4,600 by default, counts what is inlined
 * because it is very small as well, and once it is reached not even a function of two instructions is inlined any more:
 * whoever raises the first has to raise both. That was worth 40 percent (`npm run bench -- core`).
 *
 * What V8 asks of the path of an order:
 * - It takes a constant of the same file for a number, but one imported by name for a variable that it loads and checks at
 *   every use, and multiplies with and adds to under an overflow check. So constants come in as an object (`orderLayout`,
 *   `eventType`, `enumerations`) and are taken out of it into constants of the file: that was worth 38 percent.
 * - A function of the file is a variable too, that is loaded and compared at every call, unless it is a `const`: small ones
 *   of the hot path are arrow functions.
 * - Every read or write of a typed array is checked three times (type, bounds, detachment: uWebSockets.js detaches
 *   buffers, so V8 cannot leave that out). What is not written costs nothing; what is read twice is read into a local.
 * - What a client may send is a double (`double-zero.ts`). Once the checks have bounded it, `| 0` makes an integer of it.
 * - What depends on the side is better an index than a branch: the next order's side cannot be foreseen.
 */
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--max-inlined-bytecode-size-cumulative=12000')
setFlagsFromString('--max-inlined-bytecode-size-absolute=24000')
