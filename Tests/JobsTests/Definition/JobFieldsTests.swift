import Jobs
import Testing

/// Stored digests and canonical texts outlive a version: another form would restart every job.
@Suite
struct JobFieldsTests {
    private static let job: Job = {
        func group(_ type: ReplicaType, _ count: Int, _ cpu: Int, _ memory: (Int, String), gpu: Int) -> ReplicaGroup {
            ReplicaGroup(
                type: type,
                count: count,
                resource: Resources(
                    cpu: CPUQuantity(millicores: cpu),
                    memory: MemoryQuantity(bytes: memory.0, text: memory.1),
                    gpu: gpu
                )
            )
        }
        var job = Job(
            runtime: Runtime(python: "3.11", tensorflow: "2.21.0"),
            program: .module("trainer.task"),
            args: ["--epochs=3", "é"],
            replicas: [
                group(.worker, 2, 1500, (2 << 30, "2Gi"), gpu: 1), group(.evaluator, 0, 1, (1 << 30, "1Gi"), gpu: 0),
                group(.ps, 1, 500, (1_000_000_000, "1G"), gpu: 0),
            ]
        )
        job.replicas[0].restartPolicy = .onFailure
        (job.name, job.description, job.workdir) = ("Digits", "Two \"workers\"\n", "code/mnist")
        job.environment = ["B": "2", "A": "1"]
        (job.checkpointDir, job.eventDir, job.modelDir, job.logDir) = ("/c", "/e", "/m", "/l")
        (job.successPolicy, job.priority, job.dependsOn, job.rerun) = (.allWorkers, 7, ["prepare"], 2)
        var policy = RunPolicy()
        (policy.cleanPodPolicy, policy.backoffLimit, policy.activeDeadlineSeconds) = (.all, 5, 3600)
        (policy.ttlSecondsAfterFinished, policy.restartScope, policy.suspend) = (86_400, .job, true)
        job.runPolicy = policy
        return job
    }()

    /// A job without any key that may be left out.
    static let minimal = Job(
        runtime: Runtime(python: "3.11"),
        bootfile: "train.py",
        replicas: [
            ReplicaGroup(
                type: .worker,
                resource: Resources(
                    cpu: CPUQuantity(millicores: 1000),
                    memory: MemoryQuantity(bytes: 1 << 30, text: "1Gi")
                )
            )
        ]
    )

    /// ``job`` with the keys that came later, too.
    private static let complete: Job = {
        var job = Self.job
        job.runPolicy?.retryExitCodes = [42, 7]
        job.runPolicy?.gracePeriodSeconds = 45
        job.runPolicy?.progressDeadlineSeconds = 600
        return job
    }()

    /// ``minimal`` with each default written out, as it was when the digests were first stored.
    private static let spelledOut: Job = {
        var job = Self.minimal
        (job.successPolicy, job.replicas[0].restartPolicy, job.rerun) = (.defaultPolicy, .never, 0)
        var policy = RunPolicy()
        (policy.cleanPodPolicy, policy.backoffLimit, policy.restartScope) = (.running, 3, .replica)
        (policy.retryExitCodes, policy.gracePeriodSeconds, policy.suspend) = ([42], 30, false)
        job.runPolicy = policy
        return job
    }()

    @Test(arguments: [
        ("without an optional key", minimal, "f1f03f6f110dd5b9256fb0b43086ad7d9a7bcfef19a83a8a74cf6a3e7870d01b"),
        ("with its defaults", spelledOut, "f1f03f6f110dd5b9256fb0b43086ad7d9a7bcfef19a83a8a74cf6a3e7870d01b"),
        ("with the first keys", job, "2a1822f4030eb9310a7798dcd4fa96c4c2504f3a8d7c4ff1f9a224a94aa66bc5"),
        ("with every key", complete, "9a57f6b4e2bfefd82a945caacb440e052d71213aab0340d54372398829119b90"),
    ])
    func `the digest of a job stays the same`(name: String, job: Job, digest: String) {
        #expect(
            job.digest == digest,
            """
            the digest of a job \(name) has changed, so an upgrade would restart every such job: a changed default \
            covers the old one in Job+Fields.swift, and a new field adds nothing while it is not set
            """
        )
    }

    @Test
    func `the canonical text of a job with every key stays the same`() {
        let text = #"""
            {"args":["--epochs=3","é"],"checkpointDir":"/c","dependsOn":["prepare"],"description":"Two \"workers\"\n",
            "environment":{"A":"1","B":"2"},"eventDir":"/e","logDir":"/l","modelDir":"/m","module":"trainer.task",
            "name":"Digits","priority":7,"replicas":[{"count":"2","resource":{"cpu":"1.500","gpu":"1","memory":"2Gi"},
            "restartPolicy":"OnFailure","type":"worker"},{"count":"0","resource":{"cpu":"0.001","gpu":"0",
            "memory":"1Gi"},"type":"evaluator"},{"count":"1","resource":{"cpu":"0.500","gpu":"0","memory":"1G"},
            "type":"ps"}],"rerun":2,"runPolicy":{"activeDeadlineSeconds":3600,"backoffLimit":5,"cleanPodPolicy":"All",
            "restartScope":"Job","suspend":true,"ttlSecondsAfterFinished":86400},
            "runtime":"Python_3.11+Tensorflow_2.21.0","successPolicy":"AllWorkers","workdir":"code/mnist"}
            """#
        #expect(CanonicalJob(Self.job).text == text.split(separator: "\n").joined())
        #expect(!CanonicalJob(Self.job, includesName: false).text.contains("Digits"))
    }

    @Test
    func `a field that is not set, or has its default, changes no digest`() {
        var job = Self.job
        job.runPolicy?.retryExitCodes = [42]
        job.runPolicy?.gracePeriodSeconds = 30
        #expect(job.digest == Self.job.digest)
        for change in [
            { $0.retryExitCodes = [] }, { $0.retryExitCodes = [7, 42] }, { $0.gracePeriodSeconds = 31 },
            { $0.progressDeadlineSeconds = 600 },
        ] as [(inout RunPolicy) -> Void] {
            var policy = RunPolicy()
            change(&policy)
            var changed = Self.job
            changed.runPolicy?.retryExitCodes = policy.retryExitCodes
            changed.runPolicy?.gracePeriodSeconds = policy.gracePeriodSeconds
            changed.runPolicy?.progressDeadlineSeconds = policy.progressDeadlineSeconds
            #expect(changed.digest != Self.job.digest)
        }
    }

    @Test
    func `the order of exit codes does not matter to the digest`() {
        var (one, other) = (Self.job, Self.job)
        one.runPolicy?.retryExitCodes = [42, 7]
        other.runPolicy?.retryExitCodes = [7, 42]
        #expect(one.digest == other.digest)
    }
}
