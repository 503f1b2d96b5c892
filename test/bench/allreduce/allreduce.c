/* The other side of bench:allreduce, in C: argv is the number of floats, of repetitions, and what is timed: `mpi` is one
 * MPI_Allreduce, `same` is what the trainer does (slices added up in the order of the ranks, chunk by chunk). Prints a line of
 * milliseconds per repetition, by rank 0. */
#include <mpi_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (1L << 22)
#define BORDER(k) (m * (k) / size)

static int rank, size;

static void sum_in_order(float *block, long length, float *scratch, MPI_Request *requests) {
  long slot = (CHUNK + size - 1) / size;
  for (long start = 0; start < length; start += CHUNK) {
    long m = length - start < CHUNK ? length - start : CHUNK;
    float *chunk = block + start, *own = chunk + BORDER(rank);
    int count = (int)(BORDER(rank + 1) - BORDER(rank)), open = 0;
    for (int step = 1; step < size; step++) {
      int other = (rank + step) % size;
      MPI_Irecv(scratch + other * slot, count, MPI_FLOAT, other, 1, MPI_COMM_WORLD, &requests[open++]);
    }
    for (int step = 1; step < size; step++) {
      int other = (rank + step) % size;
      MPI_Isend(chunk + BORDER(other), (int)(BORDER(other + 1) - BORDER(other)), MPI_FLOAT, other, 1, MPI_COMM_WORLD,
                &requests[open++]);
    }
    MPI_Waitall(open, requests, MPI_STATUSES_IGNORE);
    for (int other = 1; other < rank; other++)
      MPI_Reduce_local(scratch + other * slot, scratch, count, MPI_FLOAT, MPI_SUM);
    if (rank > 0) MPI_Reduce_local(scratch, own, count, MPI_FLOAT, MPI_SUM);
    for (int other = rank + 1; other < size; other++)
      MPI_Reduce_local(scratch + other * slot, own, count, MPI_FLOAT, MPI_SUM);
    open = 0;
    for (int step = 1; step < size; step++) {
      int other = (rank + step) % size;
      MPI_Irecv(chunk + BORDER(other), (int)(BORDER(other + 1) - BORDER(other)), MPI_FLOAT, other, 2, MPI_COMM_WORLD,
                &requests[open++]);
    }
    for (int step = 1; step < size; step++)
      MPI_Isend(own, count, MPI_FLOAT, (rank + step) % size, 2, MPI_COMM_WORLD, &requests[open++]);
    MPI_Waitall(open, requests, MPI_STATUSES_IGNORE);
  }
}

int main(int argc, char **argv) {
  int provided;
  if (argc < 4) return 64;
  long length = atol(argv[1]), repetitions = atol(argv[2]);
  MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  float *block = malloc(length * sizeof(float)), *scratch = malloc((CHUNK + size * 64L) * sizeof(float));
  MPI_Request *requests = malloc(2 * size * sizeof(MPI_Request));
  for (long i = 0; i < length; i++) block[i] = (float)(i % 97) / 97;
  memset(scratch, 0, (CHUNK + size * 64L) * sizeof(float));
  for (long k = 0; k < repetitions; k++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    if (argv[3][0] == 'm') MPI_Allreduce(MPI_IN_PLACE, block, (int)length, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    else sum_in_order(block, length, scratch, requests);
    if (rank == 0) printf("%.3f\n", 1e3 * (MPI_Wtime() - start));
    for (long i = 0; i < length; i++) block[i] *= 0.5f;
  }
  return MPI_Finalize();
}
