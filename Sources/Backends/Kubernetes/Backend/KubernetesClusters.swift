public import BackendConfiguration
import Jobs
import KubernetesClient
import Yams

extension BackendKind {
    /// Kubernetes clusters. Each has a backend of its own, with its own request rate and health.
    public static let kubernetes = BackendKind(
        "kubernetes",
        readCluster: { KubernetesKeys.read($0, at: $1, with: &$2) },
        openBackends: { clusters, context in
            guard !clusters.isEmpty else { return [] }
            let installation = try context.installation()
            return clusters.sorted { $0.key < $1.key }.map { id, cluster in
                let backend = KubernetesBackend(
                    cluster.withCode(from: context.repositoryURL),
                    cluster: id,
                    installation: installation,
                    logger: context.logger
                )
                return OpenBackend(clusters: [id], backend: backend)
            }
        }
    )
}

extension KubernetesSettings {
    /// The same settings, where pods get the code from the jobs repository unless the configuration names another source.
    ///
    /// A repository that needs a secret needs a secret of the cluster's own, so only a public one is used by default.
    ///
    /// - Parameter repository: the URL of the jobs repository; nil for one that is read in place, which no pod can reach.
    package func withCode(from repository: String?) -> KubernetesSettings {
        var settings = self
        guard let repository else {
            if code?.url == "" { settings.code = nil }
            return settings
        }
        if code == nil {
            settings.code = repository.hasPrefix("https://") ? CodeSource(url: repository) : nil
        } else if code?.url == "" {
            settings.code?.url = repository
        }
        return settings
    }
}

/// The keys of a cluster whose backend is `kubernetes`.
enum KubernetesKeys {
    static let names: Set = [
        "backend", "kubeconfig", "context", "flavor", "namespace", "createNamespaces", "images", "volumes", "adopt",
        "requestsPerSecond", "code", "queue", "pod", "container", "watchNamespace",
    ]

    /// Reads a cluster; each fault goes to the reader.
    static func read(_ node: Node, at place: String, with reader: inout SettingsReader) -> KubernetesSettings {
        let keys = reader.mapping(node, at: place, known: names)
        func text(_ key: String, _ reader: inout SettingsReader) -> String? {
            keys[key].flatMap { reader.string($0, at: "\(place).\(key)") }
        }
        let context = text("context", &reader)
        let kubeconfig = text("kubeconfig", &reader) ?? (context == nil ? nil : "~/.kube/config")
        var settings = KubernetesSettings(
            access: kubeconfig.map { .kubeconfig(path: $0, context: context) } ?? .inCluster
        )
        if let node = keys["flavor"],
            let flavor: KubernetesSettings.Flavor = choice(node, at: "\(place).flavor", with: &reader)
        {
            settings.flavor = flavor
        }
        settings.namespace = text("namespace", &reader) ?? settings.namespace
        settings.watchNamespace = text("watchNamespace", &reader)
        settings.createNamespaces = flag(keys["createNamespaces"], at: "\(place).createNamespaces", with: &reader)
        settings.adopt = flag(keys["adopt"], at: "\(place).adopt", with: &reader)
        settings.images = keys["images"].map { images($0, at: "\(place).images", with: &reader) } ?? ImageTable()
        settings.volumes = keys["volumes"].map { volumes($0, at: "\(place).volumes", with: &reader) } ?? []
        settings.queue = keys["queue"].flatMap { queue($0, at: "\(place).queue", with: &reader) }
        settings.code = keys["code"].flatMap { code($0, at: "\(place).code", with: &reader) }
        settings.pod = keys["pod"].map { YAMLValue.read($0, at: "\(place).pod", with: &reader) } ?? settings.pod
        settings.container =
            keys["container"].map { YAMLValue.read($0, at: "\(place).container", with: &reader) } ?? settings.container
        if let node = keys["requestsPerSecond"], let text = text("requestsPerSecond", &reader) {
            guard let rate = Double(text), rate > 0, rate <= 100_000 else {
                reader.fault(node, "\(place).requestsPerSecond: \"\(text)\" is no rate; write a number above 0")
                return settings
            }
            settings.requestsPerSecond = rate
        }
        return settings
    }

    private static func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ node: Node,
        at place: String,
        with reader: inout SettingsReader
    ) -> Value? {
        guard let text = reader.string(node, at: place) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let known = Value.allCases.map(\.rawValue).joined(separator: " or ")
        reader.fault(node, "\(place): \"\(text)\" is not known; write \(known)")
        return nil
    }

    private static func flag(_ node: Node?, at place: String, with reader: inout SettingsReader) -> Bool {
        guard let node, let text = reader.string(node, at: place) else { return false }
        if text != "true", text != "false" {
            reader.fault(node, "\(place): \"\(text)\" is neither true nor false")
        }
        return text == "true"
    }

    private static func images(_ node: Node, at place: String, with reader: inout SettingsReader) -> ImageTable {
        if node.mapping == nil {
            return ImageTable(template: reader.string(node, at: place))
        }
        var images = ImageTable()
        for (version, node) in reader.entries(node, at: place) {
            // As job files may write it, `Python 3.11` say.
            let key = Runtime(version)?.description ?? version
            images.byVersion[key] = reader.string(node, at: "\(place).\(version)")
        }
        return images
    }

    private static func volumes(_ node: Node, at place: String, with reader: inout SettingsReader) -> [VolumeRule] {
        reader.elements(node, at: place).compactMap { node in
            let sources = ["hostPath", "claim", "emptyDir"]
            let keys = reader.mapping(node, at: place, known: Set(sources + ["path", "readOnly"]))
            guard let path = keys["path"].flatMap({ reader.string($0, at: "\(place).path") }), path.hasPrefix("/")
            else {
                reader.fault(node, "\(place): path is the absolute folder that jobs name; write path: /data")
                return nil
            }
            let given = sources.filter { keys[$0] != nil }
            guard given.count == 1, let key = given.first, let source = keys[key] else {
                reader.fault(
                    node,
                    "\(place): what is at \(path)? Write hostPath: FOLDER, claim: NAME or emptyDir: true"
                )
                return nil
            }
            let isReadOnly = flag(keys["readOnly"], at: "\(place).readOnly", with: &reader)
            if key == "emptyDir" {
                return flag(source, at: "\(place).emptyDir", with: &reader)
                    ? VolumeRule(path: path, source: .emptyFolder, isReadOnly: isReadOnly) : nil
            }
            guard let text = reader.string(source, at: "\(place).\(key)") else { return nil }
            return VolumeRule(
                path: path,
                source: key == "claim" ? .claim(text) : .hostPath(text),
                isReadOnly: isReadOnly
            )
        }
    }

    private static func queue(_ node: Node, at place: String, with reader: inout SettingsReader) -> Queue? {
        let keys = reader.mapping(node, at: place, known: ["manager", "name", "priorityClass"])
        guard let node = keys["manager"],
            let manager: Queue.Manager = choice(node, at: "\(place).manager", with: &reader),
            let name = keys["name"].flatMap({ reader.string($0, at: "\(place).name") })
        else {
            reader.fault(node, "\(place): write {manager: kueue, name: QUEUE} or {manager: volcano, name: QUEUE}")
            return nil
        }
        let priority = keys["priorityClass"].flatMap { reader.string($0, at: "\(place).priorityClass") }
        return Queue(manager: manager, name: name, priorityClass: priority)
    }

    /// Without a `url`, the jobs repository's own is filled in later.
    private static func code(_ node: Node, at place: String, with reader: inout SettingsReader) -> CodeSource? {
        let keys = reader.mapping(node, at: place, known: ["url", "image", "secret"])
        var code = CodeSource(url: keys["url"].flatMap { reader.string($0, at: "\(place).url") } ?? "")
        code.image = keys["image"].flatMap { reader.string($0, at: "\(place).image") } ?? code.image
        code.secret = keys["secret"].flatMap { reader.string($0, at: "\(place).secret") }
        return code
    }
}
