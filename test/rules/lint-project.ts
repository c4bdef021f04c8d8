/**
 * A throwaway project under this project's own lint configuration, for asserting that a rule of biome.json fires where it
 * should and only there.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome')

interface Report {
  diagnostics: { category: string; message: string; location?: { path?: string; start?: { line: number } } }[]
}

/** One thing that a file was reported for. */
export interface Finding {
  /** The rule, as in `lint/style/noRestrictedImports`; `plugin` for a GritQL one. */
  readonly rule: string
  readonly message: string
  /** From 1. */
  readonly line: number
}

/**
 * Lints the given files (path within the project → source) with biome.json as it is.
 * @returns the findings of each file by line, an empty list for a file without any
 */
export async function lint(files: Record<string, string>): Promise<Map<string, Finding[]>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tradefloor-rules-'))
  try {
    for (const name of ['biome.json', 'package.json', 'test/rules/core-is-synchronous.grit']) {
      await cp(path.join(root, name), path.join(folder, name))
    }
    for (const [name, source] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), source)
    }
    const report = await runBiome(folder)
    const findings = new Map<string, Finding[]>(Object.keys(files).map((name) => [name, []]))
    for (const { category, message, location } of report.diagnostics) {
      findings
        .get(path.normalize(location?.path ?? ''))
        ?.push({ rule: category, message, line: location?.start?.line ?? 0 })
    }
    for (const found of findings.values()) found.sort((one, other) => one.line - other.line)
    return findings
  } finally {
    await rm(folder, { recursive: true })
  }
}

function runBiome(folder: string): Promise<Report> {
  const options = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', '.']
  return new Promise((resolve, reject) => {
    // Biome exits with 1 when it found something, which is what most callers ask for.
    execFile(process.execPath, [biome, ...options], { cwd: folder, maxBuffer: 1 << 24 }, (_, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as Report)
      } catch {
        reject(new Error(`biome printed no report: ${stderr}`))
      }
    })
  })
}
