import Foundation
import JobFile
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// A job, the settings of its cluster, and what becomes of both.
struct ManifestCase: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var id = "mnist"
    var attempt = Attempt.first
    var settings: @Sendable (inout KubernetesSettings) -> Void = { _ in }

    var testDescription: String { name }

    static let worker =
        #"{"type": "worker", "count": "2", "resource": {"cpu": "1.000", "memory": "2048Mi", "gpu": "0"}}"#

    static let all: [ManifestCase] = [
        ManifestCase(
            name: "single",
            text: #"{"runtime": "Python_3.11", "bootfile": "/opt/train.py", "cpu": "0.5", "memory": "64M"}"#
        ),
        ManifestCase(
            name: "workers-and-ps",
            text: """
                {"runtime": "Python_3.11+Tensorflow_2.21.0", "workdir": "code/mnist", "bootfile": "train.py",
                 "args": ["--epochs=3", "$(HOME)", "a b"], "environment": {"OMP_NUM_THREADS": "1", "PRICE": "$5"},
                 "checkpointDir": "/data/mnist/checkpoints", "eventDir": "/data/mnist/events/{run}/{replica}",
                 "modelDir": "/data/mnist/model", "logDir": "/data/mnist/logs",
                 "replicas": [\(worker),
                   {"type": "ps", "resource": {"cpu": "500m", "memory": "512Mi", "gpu": "0"}},
                   {"type": "evaluator", "count": "0", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
                """
        ),
        ManifestCase(
            name: "gpu-and-policies",
            text: """
                {"runtime": "Python_3.11+Tensorflow_2.21.0", "workdir": "/data/code", "bootfile": "train.py",
                 "successPolicy": "AllWorkers",
                 "replicas": [{"type": "chief", "restartPolicy": "ExitCode",
                               "resource": {"cpu": "4", "memory": "1.5Gi", "gpu": "2"}},
                              {"type": "worker", "count": "3", "restartPolicy": "OnFailure",
                               "resource": {"cpu": "4", "memory": "1e9", "gpu": "1"}}],
                 "runPolicy": {"cleanPodPolicy": "All", "backoffLimit": 5, "activeDeadlineSeconds": 3600,
                               "ttlSecondsAfterFinished": 60, "restartScope": "Replica", "gracePeriodSeconds": 120,
                               "retryExitCodes": [3, 42]}}
                """
        ),
        ManifestCase(
            name: "repository-root",
            text: """
                {"runtime": "Python_3.11+Tensorflow_2.21.0", "bootfile": "train.py", "replicas": [\(worker)]}
                """
        ) { settings in
            settings.code = CodeSource(url: "git@git.example.org:team/jobs.git", image: "git:1", secret: "git-key")
        },
        ManifestCase(
            name: "digit-and-kueue",
            text: #"{"runtime": "Python_3.11", "bootfile": "/opt/train.py", "cpu": "1", "memory": "1Gi"}"#,
            id: "2024-mnist"
        ) { settings in
            settings.namespace = "ml-{partition}"
            settings.queue = Queue(manager: .kueue, name: "{partition}-queue")
            settings.pod = ["nodeSelector": ["pool": "training"], "automountServiceAccountToken": true]
        },
        ManifestCase(
            name: "restarted-together",
            text: """
                {"runtime": "Python_3.11+Tensorflow_2.21.0", "workdir": "/opt", "bootfile": "train.py",
                 "replicas": [{"type": "worker", "count": "2", "restartPolicy": "ExitCode",
                               "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}],
                 "runPolicy": {"restartScope": "Job", "activeDeadlineSeconds": 3600}}
                """,
            attempt: Attempt(
                number: 2,
                startTime: Date(timeIntervalSince1970: 1_767_225_600),
                activeDeadlineSeconds: 1800
            )
        ),
        ManifestCase(
            name: "volcano",
            text: """
                {"runtime": "Python_3.11+Tensorflow_2.21.0", "workdir": "/opt", "bootfile": "train.py",
                 "replicas": [\(worker)]}
                """
        ) { settings in
            settings.queue = Queue(manager: .volcano, name: "training", priorityClass: "high")
        },
    ]

    static func job(_ text: String, id: String = "mnist") throws -> Job {
        let key = JobKey(cluster: "prod", partition: "team-a", id: id)
        let reading = JobFile.read(Array(text.utf8), at: key)
        return try #require(reading.job, "\(reading.issues.map(\.message))")
    }

    func mapping(_ flavor: KubernetesSettings.Flavor) throws -> RunMapping {
        var settings = KubernetesSettings(access: .inCluster)
        settings.images = ImageTable(byVersion: [
            "2.21.0": "tensorflow/tensorflow:{tensorflow}", "Python_3.11": "python:{python}",
        ])
        settings.volumes = [
            VolumeRule(path: "/data", source: .claim("{partition}-data")),
            VolumeRule(path: "/scratch", source: .hostPath("/mnt/scratch"), isReadOnly: true),
        ]
        settings.code = CodeSource(url: "https://git.example.org/jobs.git", secret: "git-token")
        self.settings(&settings)
        settings.flavor = flavor
        var mapping = try RunMapping(
            RunID(key: JobKey(cluster: "prod", partition: "team-a", id: id), number: 3),
            job: try Self.job(text, id: id),
            commit: String(repeating: "c", count: 40),
            runCommit: String(repeating: "d", count: 40),
            author: "ann@example.org",
            settings: settings,
            installation: "here"
        )
        mapping.attempt = attempt
        return mapping
    }

    /// All objects, as they are after the first has been made.
    func objects(_ flavor: KubernetesSettings.Flavor) throws -> [JSONValue] {
        let manifests = try mapping(flavor).manifests()
        return [manifests.anchor.body]
            + manifests.children.map { child in
                var child = child
                child.setOwner(manifests.anchor.reference, uid: "00000000-0000-0000-0000-000000000001")
                return child.body
            }
    }
}
