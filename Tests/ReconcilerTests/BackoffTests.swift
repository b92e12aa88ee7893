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

    @Test(arguments: [(0, 0.5, 1.0), (0.25, 0.625, 1.25), (0.5, 0.75, 1.5), (1, 1, 2)])
    func `jitter takes at most half of the delay away`(jitter: Double, first: Double, second: Double) {
        var backoff = Backoff()
        #expect(backoff.failed(jitter: jitter) == .seconds(first))
        #expect(backoff.failed(jitter: jitter) == .seconds(second))
    }
}
