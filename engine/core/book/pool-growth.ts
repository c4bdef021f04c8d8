/** How many records a full pool has next: half as many more. Doubling would leave up to half of a large pool unused. */
export function grownRecords(records: number): number {
  return records + Math.ceil(records / 2)
}
