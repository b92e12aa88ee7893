import Jobs

/// A name between two slashes of a URL.
enum PathSegment {
    /// Letters and digits of ASCII, and `-._~`, as they are; all else as `%XX`: <https://www.rfc-editor.org/rfc/rfc3986#section-2>.
    static func escaped(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}

/// The paths of the REST view.
enum APIPath {
    static let clusters = "/api/v1alpha1/clusters"

    static func partitions(of cluster: String) -> String {
        "\(clusters)/\(PathSegment.escaped(cluster))/partitions"
    }

    static func jobs(cluster: String, partition: String) -> String {
        "\(partitions(of: cluster))/\(PathSegment.escaped(partition))/tfjobs"
    }

    static func job(_ key: JobKey) -> String {
        "\(jobs(cluster: key.cluster, partition: key.partition))/\(PathSegment.escaped(key.id))"
    }

    static func commit(_ name: String) -> String { "/api/v1alpha1/commits/\(PathSegment.escaped(name))" }
}
