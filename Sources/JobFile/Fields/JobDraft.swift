import Jobs

/// A job as far as it was read.
struct JobDraft: EmptyDraft {
    var name: Entry<String>?
    var description: Entry<String>?
    var runtime: Entry<Runtime>?
    var workdir: Entry<String>?
    var bootfile: Entry<String>?
    var module: Entry<String>?
    var args: Entry<[String]>?
    var environment: Entry<[String: String]>?
    var checkpointDir: Entry<String>?
    var eventDir: Entry<String>?
    var modelDir: Entry<String>?
    var logDir: Entry<String>?
    var replicas: Entry<[ReplicaGroupDraft]>?
    /// The keys `type` and `count` of the short form.
    var group = ReplicaGroupDraft()
    /// The keys `cpu`, `memory` and `gpu` of the short form.
    var resources = ResourcesDraft()
    var successPolicy: Entry<SuccessPolicy>?
    var runPolicy: Entry<RunPolicy>?
    var priority: Entry<Int>?
    var dependsOn: Entry<[String]>?
    var rerun: Entry<Int>?

    /// The values of the short form that were written.
    var shortForm: [Int] {
        [group.type?.token, group.count?.token, resources.cpu?.token, resources.memory?.token, resources.gpu?.token]
            .compactMap { $0 }
    }
}
