import CLibGit2

extension Commit {
    /// The values of a trailer, such as `Signed-off-by`, in the order of the message.
    ///
    /// A trailer is a line `Key: value` of the message's last paragraph: <https://git-scm.com/docs/git-interpret-trailers>.
    ///
    /// - Parameter key: in any case of letters.
    public func trailers(_ key: String) -> [String] {
        var found = unsafe git_message_trailer_array()
        guard unsafe git_message_trailers(&found, message) == 0 else { return [] }
        defer { unsafe git_message_trailer_array_free(&found) }
        return (0..<(unsafe found.count)).compactMap { index in
            let trailer = unsafe found.trailers[index]
            guard unsafe String(cString: trailer.key).lowercased() == key.lowercased() else { return nil }
            return unsafe String(cString: trailer.value)
        }
    }
}
