/// Lets one after the other, in the order in which they came, for the actor that owns it.
struct Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Takes the turn where nobody has it.
    mutating func takeIfFree() -> Bool {
        defer { isTaken = true }
        return !isTaken
    }

    /// Waits for the turn, which ``end()`` hands on.
    mutating func add(_ continuation: CheckedContinuation<Void, Never>) {
        waiting.append(continuation)
    }

    /// Hands the turn to the next, or lets it go.
    mutating func end() {
        guard waiting.isEmpty else {
            waiting.removeFirst().resume()
            return
        }
        isTaken = false
    }
}
