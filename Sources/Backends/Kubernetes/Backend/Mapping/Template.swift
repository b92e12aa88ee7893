import Jobs

/// A text with names in braces.
enum Template {
    /// Fills a template in.
    ///
    /// - Returns: nil where it names something that has no value.
    static func fill(_ template: String, _ values: [String: String?]) -> String? {
        var result = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}"),
                let value = values[String(rest[rest.index(after: open)..<close])] ?? nil
            else { return nil }
            result += rest[..<open] + value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// Fills in what every job has: `{cluster}`, `{partition}` and `{id}`.
    static func fill(_ template: String, of key: JobKey) -> String? {
        fill(template, ["cluster": key.cluster, "partition": key.partition, "id": key.id])
    }
}
