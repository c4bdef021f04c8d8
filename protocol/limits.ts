/**
 * Every bound that both sides of the wire must know, in one table. A value outside a bound is answered with the error
 * code named beside it; nothing is truncated or ignored.
 */
export const limits = {
  /** Largest price of any instrument, in ticks. An instrument's own range lies inside it (`priceOutOfRange`). */
  maxPriceTicks: 2 ** 30 - 1,
  /** Largest quantity of one order, in lots. An instrument's own bound lies inside it (`quantityOutOfRange`). */
  maxQuantityLots: 2 ** 31 - 1,
  /** Largest notional value of one order, in minor units, so that sums of money stay safe integers (`orderNotional`). */
  maxNotionalMinor: 2 ** 46,
  /** Most parts that an iceberg may be shown in: it shows at least this fraction of its quantity (`invalidDisplayQuantity`). */
  maxIcebergParts: 100,
  /** Most quotes of one massQuote (`invalidField`). */
  maxQuotesPerMessage: 256,
  /** Longest rolling interval of a protection group: what traded in it is remembered one by one (`invalidField`). */
  maxProtectionIntervalMs: 3_600_000,
  /** Highest number of a protection group (`invalidGroup`). */
  maxProtectionGroup: 65_535,
  /** Most instruments of one exchange. */
  maxInstruments: 4_096,
  /** Most participants of one exchange. */
  maxParticipants: 65_536,
  /** Longest participant, session or instrument name, in characters from A–Z a–z 0–9 . _ - (`logonFailed`, configuration). */
  maxNameLength: 32,
  /** Largest frame that a client may send, in bytes (`frameTooLarge`, then the connection is closed). */
  maxFrameBytes: 65_536,
  /** Frames beyond this are cut by the transport itself, without an answer (the client sees WebSocket close code 1006). */
  maxTransportFrameBytes: 1_048_576,
  /** Most messages that a client may put into one frame (`tooManyMessages`, then the connection is closed). */
  maxMessagesPerFrame: 1_024,
  /** Most subscriptions, drop copies, lists and queries of one connection per second, on average and at once; an answer of several messages counts for as many (`rateLimited`). */
  requestsPerSecond: 1_000,
  /** Commands that may wait for the disk: new orders, replacements and quotes beyond it, and all other commands beyond twice it, are refused (`overloaded`). */
  maxWaitingCommands: 10_000,
  /** Most orders in one openOrders message. */
  maxOpenOrdersPerMessage: 500,
  /** A connection must log on or subscribe within this time (`logonTimeout`). */
  logonTimeoutMs: 10_000,
  /** Shortest and longest heartbeat interval that a client may ask for (`invalidField`). */
  minHeartbeatIntervalMs: 500,
  maxHeartbeatIntervalMs: 60_000,
  /** A peer is taken for dead after this many heartbeat intervals without any message (`heartbeatTimeout`). */
  heartbeatIntervalsUntilDead: 2,
  /** Events of a session that the engine keeps for a client that comes back, at least. */
  retainedEvents: 100_000,
  /** Unsent bytes towards one connection after which it is closed (`slowConsumer`). */
  maxUnsentBytes: 16 * 1_048_576,
  /** Most connections at a time (`tooManyConnections`). */
  maxConnections: 10_000,
} as const

/** What a participant, session or instrument may be called. */
export const namePattern = new RegExp(`^[A-Za-z0-9._-]{1,${limits.maxNameLength}}$`)
