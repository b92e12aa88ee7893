import Jobs

/// The volumes of a job's pods and their mounts.
struct FolderMapping: Sendable {
    /// The working directory of the script.
    let workingDirectory: String
    /// Whether the code comes from the repository.
    let fetchesCode: Bool
    private(set) var volumes: [JSONValue] = []
    private(set) var mounts: [JSONValue] = []

    /// - Throws: ``BackendError/refused(_:)`` if no volume contains a folder.
    init(_ job: Job, run: RunID, settings: KubernetesSettings) throws(BackendError) {
        let key = run.key
        let isAbsolute = job.workdir?.hasPrefix("/") == true
        fetchesCode = job.usesRepositoryCode
        if fetchesCode, settings.code == nil {
            throw .refused(
                "workdir: the pods of the cluster \"\(key.cluster)\" can't get the code; write code: {url: …} under clusters.\(key.cluster), or an absolute workdir that the image or a volume has"
            )
        }
        if let workdir = job.workdir, isAbsolute {
            workingDirectory = workdir
        } else {
            let parts = (job.workdir ?? "").split(separator: "/").filter { $0 != "." }
            workingDirectory = ([PodShape.codeFolder] + parts.map(String.init)).joined(separator: "/")
            volumes.append(["name": .string(PodShape.codeVolume), "emptyDir": .object([:])])
            mounts.append(["name": .string(PodShape.codeVolume), "mountPath": .string(PodShape.codeFolder)])
        }
        if fetchesCode, let secret = settings.code?.secret {
            volumes.append([
                "name": .string(PodShape.secretVolume),
                "secret": ["secretName": .string(secret), "defaultMode": 0o400],
            ])
        }
        try addVolumes(Self.folders(of: job, run: run), key: key, settings: settings)
    }

    /// Stands for the name of the replica in a path. No path of a job file contains it.
    static let replica = "\0"

    /// The folders of the job in the pods of a run.
    static func folders(of job: Job, run: RunID) -> [JobFolder] { job.folders(run: run.number, replica: replica) }

    /// Mounts every volume at its path, and each folder of the job separately, so that Kubernetes creates a missing folder.
    ///
    /// All replicas of a group have the same mounts, so of a path with the replica's name the part before it is mounted.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath>.
    private mutating func addVolumes(_ folders: [JobFolder], key: JobKey, settings: KubernetesSettings)
        throws(BackendError)
    {
        for (number, rule) in settings.volumes.enumerated() {
            let name = "data-\(number)"
            volumes.append(JSONValue.object(["name": .string(name)]).merging(try source(of: rule, key)))
            mounts.append(Self.mount(name, at: rule.path, rule))
        }
        var seen: Set<String> = []
        for named in folders {
            let parts = named.path.split(separator: "/").prefix { !$0.contains(Self.replica) }
            let folder = "/" + parts.joined(separator: "/")
            guard seen.insert(folder).inserted else { continue }
            // The volume with the longest path is the nearest.
            let rules = settings.volumes.enumerated().sorted { $0.element.path.count > $1.element.path.count }
            guard let (number, rule) = rules.first(where: { $0.element.remainder(of: folder) != nil }) else {
                throw .refused(
                    "\(named.key): \(folder) is on no volume of the cluster \"\(key.cluster)\", so it would be gone with the pod; add one under clusters.\(key.cluster).volumes"
                )
            }
            guard let rest = rule.remainder(of: folder), !rest.isEmpty, !rule.isReadOnly else { continue }
            mounts.append(Self.mount("data-\(number)", at: folder, rule, below: rest))
        }
    }

    private static func mount(_ name: String, at path: String, _ rule: VolumeRule, below: String? = nil) -> JSONValue {
        var mount: [String: JSONValue] = ["name": .string(name), "mountPath": .string(path)]
        mount["subPath"] = below.map { .string($0) }
        mount["readOnly"] = rule.isReadOnly ? true : nil
        return .object(mount)
    }

    private func source(of rule: VolumeRule, _ key: JobKey) throws(BackendError) -> JSONValue {
        switch rule.source {
        case .hostPath(let path): return ["hostPath": ["path": .string(path)]]
        case .emptyFolder: return ["emptyDir": .object([:])]
        case .claim(let template):
            let claim = try Template.fill(template, of: key, setting: "volumes")
            return ["persistentVolumeClaim": ["claimName": .string(claim)]]
        }
    }
}
