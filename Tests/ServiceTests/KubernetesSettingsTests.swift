import BackendConfiguration
import Foundation
import Jobs
import KubernetesBackend
import KubernetesClient
import LocalBackend
import Reconciler
import TestSupport
import Testing

@testable import Service

@Suite
struct KubernetesSettingsTests {
    private func settings(_ yaml: String, repository: String = "/srv/jobs.git") throws -> Settings {
        let folder = try TemporaryFolder()
        let path = folder.path("config.yaml")
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: path))
        let flags = SettingsSource.Flags(repository: repository)
        do {
            return try SettingsSource(config: path, flags: flags, environment: [:]).settings()
        } catch {
            throw SettingsError(error.faults.map { $0.replacing(path, with: "config.yaml") })
        }
    }

    @Test
    func `every key of a cluster is read`() throws {
        let settings = try settings(
            """
            installation: training
            clusters:
              default: {backend: local}
              prod:
                backend: kubernetes
                kubeconfig: /etc/kube/config
                context: prod
                flavor: job
                namespace: ml-{partition}
                createNamespaces: true
                images: {"2.21.0": "registry/tf:{tensorflow}", "Python 3.11": "python:{python}"}
                volumes:
                  - {path: /data/, claim: "{partition}-data"}
                  - {path: /scratch, hostPath: /mnt/scratch, readOnly: true}
                  - {path: /tmp/work, emptyDir: true}
                code: {url: "https://git.example.org/jobs.git", image: "git:1", secret: git}
                queue: {manager: volcano, name: "{partition}", priorityClass: high}
                pod: {nodeSelector: {gpu: "true"}, tolerations: [{key: gpu, operator: Exists}], hostNetwork: true}
                container: {securityContext: {runAsUser: 2000, capabilities: null}}
                adopt: true
                requestsPerSecond: 50
                watchNamespace: ml
            """
        )
        var expected = KubernetesSettings(access: .kubeconfig(path: "/etc/kube/config", context: "prod"))
        expected.flavor = .job
        expected.namespace = "ml-{partition}"
        expected.createNamespaces = true
        expected.images = ImageTable(
            byVersion: ["2.21.0": "registry/tf:{tensorflow}", "Python_3.11": "python:{python}"]
        )
        expected.volumes = [
            VolumeRule(path: "/data", source: .claim("{partition}-data")),
            VolumeRule(path: "/scratch", source: .hostPath("/mnt/scratch"), isReadOnly: true),
            VolumeRule(path: "/tmp/work", source: .emptyFolder),
        ]
        expected.code = CodeSource(url: "https://git.example.org/jobs.git", image: "git:1", secret: "git")
        expected.queue = Queue(manager: .volcano, name: "{partition}", priorityClass: "high")
        expected.pod = [
            "nodeSelector": ["gpu": "true"], "tolerations": [["key": "gpu", "operator": "Exists"]],
            "hostNetwork": true,
        ]
        expected.container = ["securityContext": ["runAsUser": 2000, "capabilities": .null]]
        expected.adopt = true
        expected.requestsPerSecond = 50
        expected.watchNamespace = "ml"
        #expect(settings.kubernetes == ["prod": expected])
        #expect(settings.localClusters == ["default": LocalCluster()])
        #expect(settings.installation == "training")
    }

    @Test
    func `without a kubeconfig and a context, the cluster is the one that the service runs in`() throws {
        let settings = try settings("clusters: {a: {backend: kubernetes}, b: {backend: kubernetes, context: b}}")
        #expect(settings.kubernetes["a"] == KubernetesSettings(access: .inCluster))
        #expect(settings.kubernetes["b"]?.access == .kubeconfig(path: "~/.kube/config", context: "b"))
    }

    @Test
    func `pods fetch the code from the URL of the service if that needs no secret`() throws {
        let yaml = "clusters: {a: {backend: kubernetes}, b: {backend: kubernetes, code: {secret: s}}}"
        let repository = "https://git.example.org/jobs.git"
        let https = try settings(yaml, repository: repository).kubernetes.mapValues { $0.withCode(from: repository) }
        #expect(https["a"]?.code == CodeSource(url: "https://git.example.org/jobs.git"))
        #expect(https["b"]?.code == CodeSource(url: "https://git.example.org/jobs.git", secret: "s"))
        let local = try settings(yaml).kubernetes.mapValues { $0.withCode(from: nil) }
        #expect(local["a"]?.code == nil && local["b"]?.code == nil)
    }

    @Test(
        arguments: [
            ("flavor: pods", "clusters.a.flavor: \"pods\" is not known; write tfjob or job"),
            ("adopt: perhaps", "clusters.a.adopt: \"perhaps\" is neither true nor false"),
            ("requestsPerSecond: 0", "clusters.a.requestsPerSecond: \"0\" is no rate; write a number above 0"),
            ("gpus: 1", "clusters.a.gpus is not known"),
            ("volumes: [{path: data, claim: x}]", "path is the absolute folder that jobs name"),
            ("volumes: [{path: /data}]", "what is at /data? Write hostPath: FOLDER, claim: NAME or emptyDir: true"),
            ("queue: {name: x}", "write {manager: kueue, name: QUEUE}"),
            ("queue: {manager: slurm, name: x}", "is not known; write kueue or volcano"),
        ]
    )
    func `each fault is reported`(key: String, message: String) {
        let error = #expect(throws: SettingsError.self) {
            try settings("clusters: {a: {backend: kubernetes, \(key)}}")
        }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test
    func `an installation keeps its name, even if its folder is lost`() throws {
        let settings = try settings("", repository: "https://git.example.org/jobs.git")
        let first = try TemporaryFolder()
        let name = try Installation.name(settings, in: first.url)
        #expect(name.count == 12)
        var moved = settings
        moved.branch = "other"
        #expect(try Installation.name(moved, in: first.url) == name)
        let (second, third) = (try TemporaryFolder(), try TemporaryFolder())
        #expect(try Installation.name(settings, in: second.url) == name)
        #expect(try Installation.name(moved, in: third.url) != name)
        moved.installation = "training"
        #expect(try Installation.name(moved, in: first.url) == "training")
    }
}

extension Settings {
    /// The clusters of the kind `kubernetes`, by id.
    var kubernetes: [String: KubernetesSettings] { clusters.compactMapValues { $0.settings as? KubernetesSettings } }

    /// The clusters of the kind `local`, by id.
    var localClusters: [String: LocalCluster] { clusters.compactMapValues { $0.settings as? LocalCluster } }
}
