import Testing

@testable import LocalBackend

@Suite
struct PortPoolTests {
    @Test
    func `ports are handed out once, in turn, and again when they were given back`() {
        var pool = PortPool(range: 10...13, first: 12)
        #expect(pool.take(3) { _ in true } == [12, 13, 10])
        #expect(pool.take(2) { _ in true } == nil)
        pool.release([13])
        #expect(pool.take(2) { _ in true } == [11, 13])
    }

    @Test
    func `a port that somebody listens on is passed over, and a failed take keeps nothing`() {
        var pool = PortPool(range: 10...13, first: 10)
        #expect(pool.take(4) { $0 != 11 } == nil)
        #expect(pool.take(3) { $0 != 11 } == [10, 12, 13])
    }

    @Test
    func `reserved ports are not handed out`() {
        var pool = PortPool(range: 10...12, first: 10)
        pool.reserve([11])
        #expect(pool.take(2) { _ in true } == [10, 12])
    }
}
