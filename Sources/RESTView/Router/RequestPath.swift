import Foundation

/// The path of a request, taken apart before it is decoded: a `%2F` is a slash within a name and parts nothing.
struct RequestPath: Hashable, Sendable {
    /// The decoded names between the slashes; none for the root. One slash at the end makes no difference.
    let segments: [String]

    /// - Throws: ``Problem`` with 400 where a name is not the percent-encoding of a text.
    init(_ path: String) throws(Problem) {
        guard path.hasPrefix("/") else {
            throw .badRequest("the path \(path.quoted) does not begin with a slash; write /api/ping, say")
        }
        var names = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if names.last == "" {
            names.removeLast()
        }
        var segments: [String] = []
        for name in names {
            guard let segment = name.removingPercentEncoding else {
                throw .badRequest(
                    "\(String(name).quoted) in the path is not percent-encoded UTF-8; write % as %25 and every other byte as %XX"
                )
            }
            segments.append(segment)
        }
        self.segments = segments
    }
}
