import Glibc

/// Why a wait was given up.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}

/// A limit that the product promises, stretched while more wants to run than the machine has processors.
///
/// Eight tests that run side by side on two processors make each other late. Alone on a machine, a test has the limit as it is written.
///
/// - Parameter limit: the promised limit on an idle machine.
/// - Returns: the limit, times the load of the last minute for each processor, if that is more than 1.
package func promised(_ limit: Duration) -> Duration {
    var load = 1.0
    unsafe getloadavg(&load, 1)
    return limit * max(1, load / Double(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Waits until a condition gives a value.
///
/// - Parameters:
///   - what: names the condition where it is given up.
///   - timeout: how long to try. Generous: it is reached only where something is broken.
///   - condition: asked again and again; nil means not yet.
/// - Returns: what the condition gave.
/// - Throws: ``NeverHappened`` after the timeout.
@discardableResult
package func firstValue<Value>(
    _ what: String,
    within timeout: Duration = .seconds(120),
    _ condition: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while true {
        if let value = try await condition() {
            return value
        }
        guard clock.now < deadline else { throw NeverHappened(description: "not within \(timeout): \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Waits until a condition holds.
///
/// - Parameters:
///   - what: names the condition where it is given up.
///   - timeout: how long to try.
///   - condition: asked again and again.
/// - Throws: ``NeverHappened`` after the timeout.
package func eventually(
    _ what: String,
    within timeout: Duration = .seconds(120),
    _ condition: () async throws -> Bool
) async throws {
    try await firstValue(what, within: timeout) { try await condition() ? true : nil }
}
