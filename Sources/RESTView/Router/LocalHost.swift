/// Which host names mean this machine.
///
/// Without authentication, whoever reaches the service reads all. A page of a browser reaches a loopback address under a name of its
/// own (DNS rebinding), so only names that nobody outside can own are answered.
enum LocalHost {
    /// Whether `HOST` or `HOST:PORT` is `localhost` or a loopback address.
    static func isMeant(by authority: String) -> Bool {
        var host = authority[...]
        if let end = authority.lastIndex(of: "]") {
            guard isPort(authority[authority.index(after: end)...]) else { return false }
            host = authority[...end]
        } else if let colon = authority.lastIndex(of: ":") {
            guard isPort(authority[colon...]) else { return false }
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = String(host.dropFirst().dropLast())
            return address.contains(":") && InternetAddress(address)?.isLoopback == true
        }
        let name = host.lowercased()
        return name == "localhost" || name == "localhost." || InternetAddress(String(host))?.isLoopback == true
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
    }
}
