/// A request that one loop waits for. Requests that come while the loop is busy count as one.
struct Signal: Sendable {
    /// The requests. One consumer.
    let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (requests, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Requests one more turn of the loop.
    func send() {
        continuation.yield()
    }
}
