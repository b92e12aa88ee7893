/// A range of addresses, in the notation of <https://www.rfc-editor.org/rfc/rfc4632#section-3.1>.
public struct AddressRange: Sendable, Equatable {
    private let address: InternetAddress
    /// How many leading bits count.
    private let length: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address; nil for anything else, also where a bit beyond the prefix is set.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = InternetAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            (self.address, length) = (address, bits)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]),
            (0...bits).contains(length)
        else { return nil }
        (self.address, self.length) = (address, length)
        let rest = address.bytes.enumerated().contains { $1 & ~Self.mask($0, length) != 0 }
        guard !rest else { return nil }
    }

    /// Whether an address, as text, is in the range; what is no address is not.
    public func contains(address text: String) -> Bool { InternetAddress(text).map(contains) ?? false }

    func contains(_ other: InternetAddress) -> Bool {
        other.bytes.count == address.bytes.count
            && address.bytes.indices.allSatisfy { (address.bytes[$0] ^ other.bytes[$0]) & Self.mask($0, length) == 0 }
    }

    /// The bits of a byte that are within the prefix.
    private static func mask(_ byte: Int, _ length: Int) -> UInt8 {
        let bits = min(max(length - byte * 8, 0), 8)
        return bits == 0 ? 0 : ~UInt8(0) << (8 - bits)
    }
}
