/** What was asked for cannot be done: nothing is wrong with the data, but with the request. `message` says what and why. */
export class UsageError extends Error {}
