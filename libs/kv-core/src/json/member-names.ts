// A search of so few names costs less than a set of them, and nearly every object has fewer.
const LINEAR_SEARCH_LIMIT = 8;

/** The member names of one object, to tell when one comes again. */
export class MemberNames {
  private readonly few: string[] = [];
  private many: Set<string> | undefined;

  /** Adds a name; false when it was there already. */
  add(name: string): boolean {
    if (this.many !== undefined) {
      const { size } = this.many;
      return this.many.add(name).size > size;
    }
    if (this.few.includes(name)) return false;
    this.few.push(name);
    if (this.few.length > LINEAR_SEARCH_LIMIT) this.many = new Set(this.few);
    return true;
  }
}
