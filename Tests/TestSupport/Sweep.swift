import Foundation

/// How many random cases a sweep takes, each with its number as the seed: more with `Tests/run --full`.
package func sweep(_ short: Int, full: Int) -> Range<Int> {
    0..<(ProcessInfo.processInfo.environment["TFJOB_ADMIN_TESTS_FULL"] == nil ? short : full)
}
