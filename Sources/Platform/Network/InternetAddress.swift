/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) equals the IPv4 address.
public struct InternetAddress: Sendable, Equatable {
    /// 4 bytes for IPv4, 16 for IPv6.
    let bytes: [UInt8]

    /// Parses `10.0.0.1` or `2001:db8::1`. Brackets and zones are not allowed.
    public init?(_ text: String) {
        guard let bytes = text.contains(":") ? Self.sixteen(text) : Self.four(text[...]) else { return nil }
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        self.bytes = bytes.count == 16 && Array(bytes[..<12]) == mapped ? Array(bytes[12...]) : bytes
    }

    /// True for 127.0.0.0/8 and `::1`.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    private static func four(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part -> UInt8? in
            // Some programs read a leading zero as octal, so the address would be ambiguous.
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part == "0" || !part.hasPrefix("0") else {
                return nil
            }
            return UInt8(part)
        }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    /// <https://www.rfc-editor.org/rfc/rfc4291#section-2.2>
    private static func sixteen(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        let parts = halves.map { groups($0, isLast: $0.endIndex == text.endIndex) }
        guard let first = parts[0], let last = parts.count == 2 ? parts[1] : [] else { return nil }
        let missing = 16 - first.count - last.count
        guard parts.count == 2 ? missing >= 2 : missing == 0 else { return nil }
        return first + Array(repeating: 0, count: missing) + last
    }

    private static func groups(_ text: Substring, isLast: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (number, part) in parts.enumerated() {
            if isLast, number == parts.count - 1, part.contains(".") {
                guard let last = four(part) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        return bytes
    }
}

/// The host names and addresses that mean this machine.
public enum LoopbackHost {
    /// True for `localhost` in any case, and for a loopback address. An IPv6 address may stand in brackets.
    public static func contains(_ host: some StringProtocol) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = String(host.dropFirst().dropLast())
            return address.contains(":") && InternetAddress(address)?.isLoopback == true
        }
        return ["localhost", "localhost."].contains(host.lowercased())
            || InternetAddress(String(host))?.isLoopback == true
    }
}

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

    /// Whether the range contains an address of this machine alone.
    public var hasLoopback: Bool { contains(address: "127.0.0.1") || contains(address: "::1") }

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
