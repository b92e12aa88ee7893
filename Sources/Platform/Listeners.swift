/// The listeners of one subject, each with the number that removes it. A value: keep it under the lock of its owner.
package struct Listeners<Listener: Sendable>: Sendable {
    private var listeners: [UInt64: Listener] = [:]
    private var last: UInt64 = 0

    /// No listener.
    package init() {}

    /// Whether there is no listener.
    package var isEmpty: Bool { listeners.isEmpty }

    /// The listeners, in any order.
    package var all: [Listener] { Array(listeners.values) }

    /// Adds a listener.
    ///
    /// - Returns: its number; none is used twice.
    package mutating func add(_ listener: Listener) -> UInt64 {
        last += 1
        listeners[last] = listener
        return last
    }

    /// Removes the listener with a number.
    package mutating func remove(_ number: UInt64) {
        listeners[number] = nil
    }
}

/// Something that lasts until it is released, such as the registration of a listener.
package final class Registration: Sendable {
    private let onRelease: @Sendable () -> Void

    /// - Parameter onRelease: ends what is registered.
    package init(onRelease: @escaping @Sendable () -> Void) {
        self.onRelease = onRelease
    }

    deinit {
        onRelease()
    }
}

extension Dictionary {
    /// Adds a listener to a subject. The numbers of different subjects are independent.
    package mutating func addListener<Listener>(
        _ listener: Listener,
        to subject: Key
    ) -> UInt64 where Value == Listeners<Listener> {
        self[subject, default: Listeners()].add(listener)
    }

    /// Removes a listener of a subject.
    ///
    /// - Returns: whether the subject has no listener any more.
    package mutating func removeListener<Listener>(
        _ number: UInt64,
        of subject: Key
    ) -> Bool where Value == Listeners<Listener> {
        self[subject]?.remove(number)
        guard self[subject]?.isEmpty == true else { return false }
        self[subject] = nil
        return true
    }
}
