import Foundation

/// A repository's address as anybody may know it.
enum PublicAddress {
    /// Leaves out the user, the password and the query of a remote, and all but the last name of a folder of this machine.
    ///
    /// - Returns: nil where the text is no address that is understood: better nothing than a secret.
    static func of(_ address: String) -> String? {
        if address.hasPrefix("/") || address.hasPrefix("file:") {
            let name = address.split(separator: "/").last ?? ""
            return name.hasPrefix("file:") ? "file:///" : "file:///.../\(name)"
        }
        guard address.contains("://") else { return ofShellForm(address) }
        guard var parts = URLComponents(string: address) else { return nil }
        parts.user = nil
        parts.password = nil
        parts.query = nil
        parts.fragment = nil
        return parts.string
    }

    /// `user@host:path`, as `scp` and git write it.
    private static func ofShellForm(_ address: String) -> String? {
        let host = address.prefix { $0 != "/" }
        let start = host.lastIndex(of: "@").map(host.index(after:)) ?? host.startIndex
        return host[start...].contains(":") ? String(address[start...]) : nil
    }
}
