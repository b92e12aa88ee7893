/// A range of IP addresses in CIDR notation, <https://www.rfc-editor.org/rfc/rfc4632#section-3.1>.
public struct AddressRange: Sendable, Equatable {
    private let address: InternetAddress
    /// The number of leading bits that addresses in the range share.
    private let length: Int

    /// Parses `10.0.0.0/8`, `2001:db8::/32`, or a single address. Returns nil for anything else, and if a bit after the
    /// prefix is set.
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

    /// Whether the range contains the address. False if the text is not an address.
    public func contains(address text: String) -> Bool { InternetAddress(text).map(contains) ?? false }

    /// Whether the range contains the address. A range of IPv4 addresses contains no IPv6 address.
    public func contains(_ other: InternetAddress) -> Bool {
        other.bytes.count == address.bytes.count
            && address.bytes.indices.allSatisfy { (address.bytes[$0] ^ other.bytes[$0]) & Self.mask($0, length) == 0 }
    }

    /// The bits of the byte at this index that belong to the prefix.
    private static func mask(_ byte: Int, _ length: Int) -> UInt8 {
        let bits = min(max(length - byte * 8, 0), 8)
        return bits == 0 ? 0 : ~UInt8(0) << (8 - bits)
    }
}
