import Jobs

/// Which container image has which runtime.
public struct ImageTable: Sendable, Equatable {
    /// By TensorFlow version (`2.21.0`) or by the whole runtime (`Python_3.11`), which is looked up first; each may be a template.
    public var byVersion: [String: String]
    /// With `{tensorflow}` and `{python}`, for what ``byVersion`` does not have; nil for none.
    public var template: String?

    /// Empty, it knows no runtime.
    public init(byVersion: [String: String] = [:], template: String? = nil) {
        self.byVersion = byVersion
        self.template = template
    }

    /// The image of a runtime.
    ///
    /// - Parameters:
    ///   - runtime: what the job asks for.
    ///   - cluster: for the message.
    /// - Throws: ``BackendError/refused(_:)`` where none is configured.
    func image(for runtime: Runtime, cluster: String) throws(BackendError) -> String {
        let entry =
            byVersion[runtime.description] ?? runtime.tensorflow.flatMap { byVersion[$0] } ?? template
        if let entry,
            let image = Template.fill(entry, ["tensorflow": runtime.tensorflow, "python": runtime.python]),
            !image.isEmpty
        {
            return image
        }
        let key = runtime.tensorflow ?? runtime.description
        let known = byVersion.keys.sorted().joined(separator: ", ")
        throw .refused(
            "runtime: the cluster \"\(cluster)\" has no image for \(runtime)\(known.isEmpty ? "" : ", only for \(known)"); add \"\(key)\" under clusters.\(cluster).images"
        )
    }
}
