/**
 * Who may log on: `participants.json` in the data folder, names and public keys, nothing secret. Private keys of the
 * participants that the engine made keys for lie beside it in `keys/`, readable by their owner only; the engine writes
 * them and never reads them again, unless the public key got lost.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { namePattern } from '../protocol/limits.ts'

/** The registry cannot be used; `message` says which file and why. */
export class KeyRegistryError extends Error {}

const name = z.string().regex(namePattern)
const sessionSchema = z.strictObject({ name, publicKey: z.string(), revoked: z.literal(true).optional() })
const fileSchema = z.strictObject({
  participants: z.array(z.strictObject({ name, sessions: z.array(sessionSchema) })),
})

export interface RegisteredSession {
  readonly participant: string
  readonly session: string
  readonly publicKey: KeyObject
  /** The key is no longer good. It stays in the file, so that a start does not take it for a session without a key. */
  readonly revoked: boolean
}

export class KeyRegistry {
  readonly path: string
  private readonly keysFolder: string
  private entries = new Map<string, RegisteredSession>()
  /** Identity of the file as it was read last. */
  private version = ''

  /**
   * Reads the registry of a data folder; a missing one is empty.
   * @throws KeyRegistryError
   */
  constructor(dataFolder: string) {
    this.path = join(dataFolder, 'participants.json')
    this.keysFolder = join(dataFolder, 'keys')
    this.reloadIfChanged()
  }

  /** Every session, in the order in which they were added. */
  get sessions(): RegisteredSession[] {
    return [...this.entries.values()]
  }

  /** The key of a session, if it has one that is good. The same object for as long as it is the same key. */
  publicKey(participant: string, session: string): KeyObject | undefined {
    const entry = this.entries.get(`${participant}/${session}`)
    return entry?.revoked === false ? entry.publicKey : undefined
  }

  /** Where the private key of a session lies, if the engine made it. */
  privateKeyPath(participant: string, session: string): string {
    return join(this.keysFolder, `${participant}.${session}.key`)
  }

  /**
   * Reads the file again if it is another one than before, and says whether it was. One that is gone changes nothing.
   * @throws KeyRegistryError if it cannot be used; what was read before stays in force
   */
  reloadIfChanged(): boolean {
    const version = versionOf(this.path)
    if (version === this.version || version === '') return false
    this.entries = readEntries(this.path, this.entries)
    this.version = version
    return true
  }

  /**
   * Adds a session, or does nothing if it has this key already, or any if none is given: revoked ones stay revoked. Without
   * `publicKey` a key pair is made and its private half stored, or an existing private key is used. Call `save` afterwards.
   * @returns whether anything changed
   * @throws KeyRegistryError if a private key cannot be written or read
   */
  add(participant: string, session: string, publicKey?: string): boolean {
    const known = this.entries.get(`${participant}/${session}`)
    if (known !== undefined && (publicKey === undefined || exportKey(known.publicKey) === publicKey)) return false
    this.set(participant, session, publicKey === undefined ? this.ownKey(participant, session) : importKey(publicKey))
    return true
  }

  /**
   * Makes a key for a session that has none, or none that is good. Call `save` afterwards.
   * @returns whether there is a new key
   * @throws KeyRegistryError if a private key cannot be written or read
   */
  issue(participant: string, session: string): boolean {
    if (this.publicKey(participant, session) !== undefined) return false
    // A private key that is still there was not removed when its session's key was revoked, or was put back since.
    if (this.entries.has(`${participant}/${session}`))
      rmSync(this.privateKeyPath(participant, session), { force: true })
    this.set(participant, session, this.ownKey(participant, session))
    return true
  }

  /**
   * Makes the key of a session useless, writes the file, and removes the private key if the engine made it.
   * @returns whether the session had a key that was good
   * @throws KeyRegistryError if the file cannot be written; then nothing has changed
   */
  revoke(participant: string, session: string): boolean {
    const publicKey = this.publicKey(participant, session)
    if (publicKey === undefined) return false
    this.set(participant, session, publicKey, true)
    this.save()
    rmSync(this.privateKeyPath(participant, session), { force: true })
    return true
  }

  /**
   * Writes the file, whole or not at all.
   * @throws KeyRegistryError if it cannot be written
   */
  save(): void {
    const participants = new Map<string, z.infer<typeof sessionSchema>[]>()
    for (const { participant, session, publicKey, revoked } of this.entries.values()) {
      const sessions = participants.get(participant) ?? []
      participants.set(participant, sessions)
      sessions.push({ name: session, publicKey: exportKey(publicKey), ...(revoked ? { revoked } : {}) })
    }
    const content = { participants: [...participants].map(([name, sessions]) => ({ name, sessions })) }
    const temporary = `${this.path}.${process.pid}`
    try {
      writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { flush: true })
      renameSync(temporary, this.path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw new KeyRegistryError(`${this.path} cannot be written: ${(error as Error).message}`)
    }
    this.version = versionOf(this.path)
  }

  private set(participant: string, session: string, publicKey: KeyObject, revoked = false): void {
    this.entries.set(`${participant}/${session}`, { participant, session, publicKey, revoked })
  }

  private ownKey(participant: string, session: string): KeyObject {
    const path = this.privateKeyPath(participant, session)
    if (existsSync(path)) return readPublicHalf(path)
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    mkdirSync(this.keysFolder, { recursive: true, mode: 0o700 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    try {
      writeFileSync(path, pem, { mode: 0o600, flag: 'wx', flush: true })
      chmodSync(path, 0o600)
    } catch (error) {
      // Half a key would be in the way of a whole one for ever.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(path, { force: true })
      throw new KeyRegistryError(`${path} cannot be written: ${(error as Error).message}`)
    }
    return publicKey
  }
}

function readPublicHalf(path: string): KeyObject {
  try {
    return createPublicKey(createPrivateKey(readFileSync(path)))
  } catch (error) {
    const reason = (error as Error).message
    throw new KeyRegistryError(
      `${path} is not a private key: ${reason}; restore it, or remove it to have a new one made`,
    )
  }
}

/** @param known what was read before: its key objects are kept where the key is the same */
function readEntries(path: string, known: ReadonlyMap<string, RegisteredSession>): Map<string, RegisteredSession> {
  const entries = new Map<string, RegisteredSession>()
  try {
    const { participants } = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    for (const { name: participant, sessions } of participants) {
      for (const { name: session, publicKey: text, revoked = false } of sessions) {
        const key = `${participant}/${session}`
        const before = known.get(key)?.publicKey
        const publicKey = before !== undefined && exportKey(before) === text ? before : importKey(text)
        entries.set(key, { participant, session, publicKey, revoked })
      }
    }
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ')
    throw new KeyRegistryError(`${path} cannot be used: ${reason}; correct it, or remove it to have new keys made`)
  }
  return entries
}

function versionOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino}/${stat.size}/${stat.mtimeNs}`
}

/** A public key as the file and the configuration hold it: SPKI DER in base64. */
function importKey(text: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${text} is not an Ed25519 public key`)
  return key
}

function exportKey(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}
