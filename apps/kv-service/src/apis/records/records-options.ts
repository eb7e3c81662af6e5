/** What to inject for the {@link RecordsOptions} of the service. */
export const RECORDS_OPTIONS = Symbol('records options');

/** What can be set about records. */
export interface RecordsOptions {
  /** Whole minutes that a record lives whose request does not say; 1 or more. */
  readonly tllDefault: number;
}
