import Foundation
import Jobs
import KubernetesClient
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite
struct ManifestTests {
    @Test(arguments: ManifestCase.all, KubernetesSettings.Flavor.allCases)
    func `a job becomes these objects`(example: ManifestCase, flavor: KubernetesSettings.Flavor) throws {
        try Golden.expect(.array(try example.objects(flavor)), is: "\(example.name)-\(flavor.rawValue)")
    }

    private static let goldenFiles = ManifestCase.all.flatMap { example in
        KubernetesSettings.Flavor.allCases.map { flavor in
            Golden.folder.appendingPathComponent("\(example.name)-\(flavor.rawValue).json").path
        }
    }

    /// What a script beside this file says of manifests, a line for each fault.
    private static func faults(_ python: String, _ script: String, _ arguments: [String]) async throws -> [String] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(script)
        let output = try await run([python, script.path] + arguments, in: FileManager.default.temporaryDirectory.path)
        return output.split(separator: "\n").map(String.init)
    }

    @Test(.timeLimit(.minutes(5)))
    func `the published models know every field of every object`() async throws {
        let python = try await PythonPackage.python("kubeflow-training==1.9.3", module: "kubeflow.training")
        #expect(try await Self.faults(python, "models.py", Self.goldenFiles) == [])
    }

    /// The schemas are those of the package kubernetes-validate, made from
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/api/openapi-spec/swagger.json>.
    @Test(.timeLimit(.minutes(5)))
    func `every object is what the OpenAPI document of Kubernetes says`() async throws {
        let python = try await PythonPackage.python("kubernetes-validate==1.37.0", module: "kubernetes_validate")
        #expect(try await Self.faults(python, "openapi.py", ["1.32"] + Self.goldenFiles) == [])
        // The judge finds what is wrong.
        let folder = try TemporaryFolder()
        for (name, wrong) in [("clusterIPs", "1"), ("clusterIP", "1"), ("ports", "{}")] {
            let text = #"[{"apiVersion": "v1", "kind": "Service", "spec": {"x\#(name)": 1, "\#(name)": \#(wrong)}}]"#
            let path = folder.path("wrong.json")
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try await Self.faults(python, "openapi.py", ["1.32", path]).count == 1, "\(name)")
        }
    }

    @Test(arguments: [
        (#""bootfile": "-x.py""#, ["python", "./-x.py", "-m"]),
        (#""module": "trainer.task""#, ["python", "-m", "trainer.task", "-m"]),
    ])
    func `a script is never an option, and a module is run as one`(program: String, command: [String]) throws {
        let text = #"{"runtime": "Python_3.11", \#(program), "args": ["-m"], "cpu": "0.5", "memory": "64M"}"#
        for flavor in KubernetesSettings.Flavor.allCases {
            let objects = try ManifestCase(name: "program", text: text).objects(flavor)
            let line = #""command":\#(try JSONValue.array(command.map(JSONValue.string)).text())"#
            #expect(try JSONValue.array(objects).text().contains(line))
        }
    }

    @Test(arguments: ManifestCase.all, KubernetesSettings.Flavor.allCases)
    func `the job is found again in what stands for its run`(
        example: ManifestCase,
        flavor: KubernetesSettings.Flavor
    ) throws {
        let mapping = try example.mapping(flavor)
        let anchor = try AnchorObject.made(of: try mapping.manifests().anchor)
        #expect(RunID(labels: anchor.metadata.labels) == mapping.id)
        #expect(anchor.job(mapping.id) == mapping.job)
        #expect(anchor.annotation(Marks.digest) == mapping.job.digest)
        #expect(anchor.isOwned(by: "here") && !anchor.isOwned(by: "there"))
    }

    @Test
    func `each replica of Indexed Jobs gets the TF_CONFIG that TFJob v1 would give it`() throws {
        let mapping = try #require(ManifestCase.all.first { $0.name == "workers-and-ps" }).mapping(.job)
        let text = try #require(try mapping.sharedTFConfig(of: .worker)).replacing("$(TFJOB_REPLICA_INDEX)", with: "1")
        let expected: JSONValue = [
            "cluster": [
                "worker": [
                    "mnist-worker-0.mnist.team-a.svc:2222", "mnist-worker-1.mnist.team-a.svc:2222",
                ],
                "ps": ["mnist-ps-0.mnist.team-a.svc:2222"], "evaluator": [],
            ],
            "environment": "cloud", "task": ["type": "worker", "index": 1],
        ]
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            (#""runtime": "Python_3.11+Tensorflow_1.15""#, #"add "1.15" under clusters.prod.images"#),
            (#""runtime": "Python_2.7""#, #"has no image for Python_2.7, only for 2.21.0, Python_3.11"#),
            (
                #""runtime": "Python_3.11", "modelDir": "/elsewhere/model""#,
                "modelDir: /elsewhere/model is on no volume"
            ),
        ]
    )
    func `what the cluster has no answer for is refused with a sentence`(fields: String, message: String) throws {
        let example = ManifestCase(
            name: "refused",
            text: #"{\#(fields), "bootfile": "/opt/train.py", "cpu": "1", "memory": "1Gi"}"#
        )
        for flavor in KubernetesSettings.Flavor.allCases {
            let error = #expect(throws: BackendError.self) { try example.mapping(flavor).manifests() }
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
            guard case .refused = error else {
                Testing.Issue.record("it does not heal by itself")
                continue
            }
        }
    }

    @Test
    func `code that no pod can fetch is refused`() throws {
        let example = ManifestCase(
            name: "no code",
            text: #"{"runtime": "Python_3.11", "bootfile": "train.py", "cpu": "1", "memory": "1Gi"}"#
        ) { $0.code = nil }
        let error = #expect(throws: BackendError.self) { try example.mapping(.job).manifests() }
        #expect(error?.message.contains("write code: {url: …} under clusters.prod") == true)
    }
}

extension AnchorObject {
    /// The object as the server has it after it was made.
    static func made(of manifest: Manifest, version: String = "1") throws -> AnchorObject {
        let body = manifest.body.merging(["metadata": ["uid": "u", "resourceVersion": .string(version)]])
        return try JSONDecoder().decode(AnchorObject.self, from: Data(try body.text().utf8))
    }
}
