import Testing

@testable import Reconciler

@Suite
struct BackoffTests {
    @Test
    func `the delay doubles from one second to five minutes`() {
        var backoff = Backoff()
        let delays = (0..<12).map { _ in backoff.failed(jitter: 1) }
        #expect(delays.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(delays.suffix(3) == [.seconds(300), .seconds(300), .seconds(300)])
    }

    @Test
    func `another limit may be set`() {
        var backoff = Backoff(longest: 30)
        let delays = (0..<8).map { _ in backoff.failed(jitter: 1) }
        #expect(delays.suffix(4) == [.seconds(16), .seconds(30), .seconds(30), .seconds(30)])
    }

    @Test
    func `jitter takes at most half of it away`() {
        var backoff = Backoff()
        #expect(backoff.failed(jitter: 0) == .milliseconds(500))
    }
}
