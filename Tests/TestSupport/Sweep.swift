import Foundation

private let isFull = ProcessInfo.processInfo.environment["TFJOB_ADMIN_TESTS_FULL"] != nil

/// How many random cases a sweep takes, each with its number as the seed: more with `Tests/run --full`.
package func sweep(_ short: Int, full: Int) -> Range<Int> { 0..<(isFull ? full : short) }

/// After how many minutes a test that can hang is ended. Generous: it is reached only where something is broken.
package let hangLimit = isFull ? 90 : 10
