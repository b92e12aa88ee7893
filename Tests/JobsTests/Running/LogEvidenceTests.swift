import Jobs
import Testing

/// The logs are those of real runs with Python 3.11 and TensorFlow 2.21.0. Only paths are shortened, and frames in the
/// middle are left out.
@Suite
struct LogEvidenceTests {
    private static func job(_ environment: [String: String]? = nil) -> Job {
        let resources = Resources(
            cpu: CPUQuantity(millicores: 100),
            memory: MemoryQuantity(bytes: 1 << 20, text: "1Mi")
        )
        var job = Job(
            runtime: Runtime(python: "3.11"),
            bootfile: "train.py",
            replicas: [ReplicaGroup(type: .worker, resource: resources)]
        )
        job.environment = environment
        return job
    }

    private static let summary = """
        Traceback (most recent call last):
          File "/venv/lib/python3.11/site-packages/tensorflow/python/summary/tb_summary.py", line 295, in scalar
            from tensorboard.plugins.scalar.summary_v2 import scalar as scalar_v2  # pylint: disable=g-import-not-at-top
        ModuleNotFoundError: No module named 'tensorboard'

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/code/summary.py", line 3, in <module>
            with w.as_default(): tf.summary.scalar("a", 1.0, step=1)
          File "/venv/lib/python3.11/site-packages/tensorflow/python/summary/tb_summary.py", line 298, in scalar
            raise TBNotInstalledError("tf.summary.scalar") from exc
        tensorflow.python.summary.tb_summary.TBNotInstalledError: TensorBoard is not installed, missing implementation for tf.summary.scalar
        """

    private static let mirrored = """
        Traceback (most recent call last):
          File "/code/fit.py", line 7, in <module>
            m.fit(d, steps_per_epoch=4, epochs=1)
          File "/venv/lib/python3.11/site-packages/keras/src/utils/traceback_utils.py", line 122, in error_handler
            raise e.with_traceback(filtered_tb) from None
          File "/venv/lib/python3.11/site-packages/tensorflow/python/framework/constant_op.py", line 108, in convert_to_eager_tensor
            return ops.EagerTensor(value, ctx.device_name, dtype)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        ValueError: Attempt to convert a value (PerReplica:{
          0: <tf.Tensor: shape=(4, 4), dtype=float32, numpy=
        array([[1., 1., 1., 1.],
               [1., 1., 1., 1.]], dtype=float32)>
        }) with an unsupported type (<class 'tensorflow.python.distribute.values.PerReplica'>) to a Tensor.
        """

    private static let servers = """
        Traceback (most recent call last):
          File "/venv/lib/python3.11/site-packages/keras/src/utils/traceback_utils.py", line 122, in error_handler
            raise e.with_traceback(filtered_tb) from None
          File "/venv/lib/python3.11/site-packages/tensorflow/python/distribute/input_lib.py", line 984, in __iter__
            raise ValueError("To use this dataset, you need to pass this dataset to "
        ValueError: To use this dataset, you need to pass this dataset to ClusterCoordinator.create_per_worker_dataset.
        """

    private static let port = """
        Traceback (most recent call last):
          File "/venv/lib/python3.11/site-packages/tensorflow/python/eager/context.py", line 745, in ensure_initialized
            pywrap_tfe.TFE_EnableCollectiveOps(context_handle, server_def_str)
        tensorflow.python.framework.errors_impl.UnknownError: Could not start gRPC server
        """

    private static let gpu = """
        Traceback (most recent call last):
          File "/code/gpu.py", line 3, in <module>
            with tf.device("/GPU:0"): print(tf.constant([1.0])+1)
                                            ^^^^^^^^^^^^^^^^^^
        tensorflow.python.framework.errors_impl.InvalidArgumentError: Could not satisfy device specification '/job:localhost/replica:0/task:0/device:GPU:0'. enable_soft_placement=0. Supported device types [CPU]. All available devices [/job:localhost/replica:0/task:0/device:CPU:0].
        """

    @Test(
        arguments: [
            (summary, "TBNotInstalledError: TensorBoard is not installed", "add tensorboard to requirements.txt"),
            (mirrored, "ValueError: Attempt to convert a value (PerReplica:{ (Keras 3 can't fit", "tf_keras"),
            (servers, "ValueError: To use this dataset, you need to", "TF_USE_LEGACY_KERAS=1"),
            (port, "UnknownError: Could not start gRPC server", "another process uses the port"),
            (gpu, "Could not satisfy device specification", "resource.gpu"),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import pandas.io\n"
                    + "ModuleNotFoundError: No module named 'pandas.io'; 'pandas' is not a package\n",
                "ModuleNotFoundError: No module named 'pandas.io'", "the runtime does not have pandas: add the package"
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import tensorflow\n"
                    + "ModuleNotFoundError: No module named 'tensorflow'\n",
                "ModuleNotFoundError: No module named 'tensorflow'", "write the version in runtime"
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 2, in <module>\n    f.write(b)\n"
                    + "OSError: [Errno 28] No space left on device\n",
                "OSError: [Errno 28] No space left on device (the disk is full", "other"
            ),
        ] as [(String, String, String)]
    )
    func `a known cause has its cure`(log: String, line: String, cure: String) {
        let text = LogEvidence.describe(log, of: Self.job())
        #expect(text.contains(line))
        #expect(text.contains(cure) || cure == "other")
    }

    @Test(
        arguments: [
            ("", ""), ("up\nepoch 1\n", ""),
            (
                "I0000 00:00:1796039615.129658   11631 port.cc:153] oneDNN custom operations are on. You may see slightly "
                    + "different numerical results due to floating-point round-off errors from different computation orders.\n"
                    + "2026-11-30 11:53:35.12: W tensorflow/core/a.cc:1] failed to find a device\n",
                ""
            ),
            ("/usr/bin/python3: No module named trainer\nbye\n", "/usr/bin/python3: No module named trainer"),
            ("Traceback (most recent call last):\n  File \"a\", line 1\nKeyError: 'a'\nbye\n", "KeyError: 'a'"),
            ("Fatal Python error: Segmentation fault\n\nCurrent thread\n", "Fatal Python error: Segmentation fault"),
            ("Traceback (most recent call last):\n  cut off", ""),
        ]
    )
    func `the error line is the exception of the last traceback, else the last line that reads like an error`(
        log: String,
        line: String
    ) {
        let text = LogEvidence.describe(log, of: Self.job())
        #expect(line.isEmpty ? text.isEmpty : text.hasPrefix(line))
    }

    @Test
    func `a line is at most 300 characters long and shows no secret`() {
        let job = Self.job(["API_TOKEN": "hunter2", "MODE": "fast"])
        #expect(LogEvidence.describe("error: hunter2 is fast\n", of: job) == "error: *** is fast")
        let text = LogEvidence.describe("error: " + String(repeating: "x", count: 1000), of: job)
        #expect(text.count == 300)
    }
}
