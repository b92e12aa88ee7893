import HTTPTypes

/// Names a request in the log, in its answer, and in what a proxy in front notes.
struct RequestID: Hashable, Sendable, CustomStringConvertible {
    static let field = "X-Request-Id"

    let description: String

    /// Takes the caller's own, where there is one and it is nothing but a word; else a new one.
    init(_ headers: HTTPFields) {
        if let text = headers.only(Self.field), Self.isSane(text) {
            description = text
        } else {
            let number = UInt64.random(in: 0...UInt64.max)
            let digits = String(number, radix: 16)
            description = String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    private static func isSane(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}
