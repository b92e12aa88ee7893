/// Why a wait was given up.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
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
    within timeout: Duration = .seconds(30),
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
    within timeout: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws {
    try await firstValue(what, within: timeout) { try await condition() ? true : nil }
}
