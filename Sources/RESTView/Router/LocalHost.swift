import Platform

/// The hosts that a service without authentication answers to.
///
/// A web page can reach a loopback address under a name of its own (DNS rebinding). So the service answers only to names that
/// nobody else can own.
enum LocalHost {
    /// Whether `HOST` or `HOST:PORT` is `localhost` or a loopback address.
    static func isMeant(by authority: String) -> Bool {
        if let end = authority.lastIndex(of: "]") {
            return isPort(authority[authority.index(after: end)...]) && LoopbackHost.contains(authority[...end])
        }
        guard let colon = authority.lastIndex(of: ":") else { return LoopbackHost.contains(authority) }
        return isPort(authority[colon...]) && LoopbackHost.contains(authority[..<colon])
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
    }
}
