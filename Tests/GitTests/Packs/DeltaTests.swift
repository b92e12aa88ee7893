import Testing

@testable import Git

/// What makes an object from another one: right, or refused.
@Suite struct DeltaTests {
    private static let base = Array("0123456789".utf8)

    /// Instructions behind the base's and the result's sizes, and what they make.
    private static let right: [([UInt8], String)] = [
        ([10, 0], ""),
        ([10, 3, 0x90, 3], "012"),
        ([10, 3, 0x91, 7, 3], "789"),
        ([10, 5, 2, 0x61, 0x62, 0x91, 4, 3], "ab456"),
    ]

    @Test(arguments: right) func partsAndNewBytesFollowEachOther(delta: [UInt8], result: String) {
        #expect(Delta.apply(delta, to: Self.base, limit: 5) == Array(result.utf8))
    }

    @Test func aCopyWithoutALengthIsOf64KiB() {
        let base = [UInt8](repeating: 7, count: 1 << 16)
        #expect(Delta.apply([0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], to: base, limit: 1 << 16) == base)
        #expect(Delta.apply([0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], to: base, limit: 1 << 16 - 1) == nil)
    }

    @Test(
        arguments: [
            [], [10], [0x80], [10, 0x80],
            // Of another base.
            [9, 1, 0x90, 1],
            // A copy that begins, ends or is said beyond the end; more than the result; less.
            [10, 1, 0x91, 10, 1], [10, 3, 0x91, 8, 3], [10, 3, 0x9F, 0xFF, 0xFF, 0xFF, 0xFF, 3], [10, 3, 0x91, 8],
            [10, 3, 0x90, 4], [10, 3, 0x90, 2],
            // New bytes that are not there; more than the result; none at all.
            [10, 3, 3, 1, 2], [10, 1, 2, 1, 2], [10, 1, 0],
            // More than the limit.
            [10, 6, 0x90, 6],
            // Sizes without an end.
            Array(repeating: 0xFF, count: 20),
        ] as [[UInt8]]
    ) func whatIsGarbledIsRefused(delta: [UInt8]) {
        #expect(Delta.apply(delta, to: Self.base, limit: 5) == nil)
    }
}
