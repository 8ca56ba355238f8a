export { ManualClock, settle } from '../../src/testing/manual-clock.ts'
